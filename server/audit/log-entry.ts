import type { Tx } from '../../db/connect.ts';
import type { AuditRow } from '../../db/queries/audit.ts';
import { type NamedIds, namesOf } from '../../db/queries/audit-names.ts';
import { type ComputerId, isUuid, type PersonId, type SessionId, type WriterId } from '../ids.ts';
import { plainText } from '../protocol/plain-text.ts';
import { auditKinds } from './kinds.ts';
import { inWords, type NamedThing, type Names, namedThings } from './told.ts';

/** An event as a person reads it, and as it was written. Texts that a screen shows as they are hold nothing hostile. */
export type LogEntry = {
  writerId: WriterId;
  seq: number;
  at: Date;
  kind: string;
  /** The kind in a few words. */
  title: string;
  /** Who did it, by the name they have today; Sallyport itself; or somebody who was not signed in. */
  who: string;
  actorId: PersonId | null;
  sentence: string;
  sessionId: SessionId | null;
  /** As written: to be escaped by whoever shows it. */
  subject: unknown;
  previousHash: string;
  hash: string;
};

/** Rows as entries, in the same order. */
export async function entriesOf(tx: Tx, rows: readonly AuditRow[]): Promise<LogEntry[]> {
  const names = await namesOf(tx, idsIn(rows));
  return rows.map((row) => entryOf(row, names));
}

export function entryOf(row: AuditRow, names: Names): LogEntry {
  const { writerId, seq, at, actorId, sessionId, subject } = row;
  const told = Object.hasOwn(auditKinds, row.kind) ? auditKinds[row.kind as keyof typeof auditKinds] : undefined;
  return {
    writerId,
    seq,
    at,
    kind: plainText(row.kind),
    title: told?.title ?? inWords(row.kind),
    who: whoOf(row, names),
    actorId,
    sentence: tell(row, names) ?? 'This event has fields that are not of its kind. They are shown as they are.',
    sessionId,
    subject,
    previousHash: Buffer.from(row.previousHash).toString('hex'),
    hash: Buffer.from(row.hash).toString('hex'),
  };
}

// Whoever tampered with a row may have left anything in it, and a later version other kinds: both must still be listed.
function tell({ kind, subject }: AuditRow, names: Names): string | undefined {
  if (!Object.hasOwn(auditKinds, kind)) return undefined;
  const { tell: sentence } = auditKinds[kind as keyof typeof auditKinds];
  try {
    return (sentence as (subject: unknown, names: Names) => string)(subject, names);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

const atTheMachine: ReadonlySet<string> = new Set(['person.rescued', 'backup.made', 'backup.restored']);
const byStrangers: ReadonlySet<string> = new Set(['login.failed', 'ticket.refused', 'master_password.link_refused']);

function whoOf({ kind, actorId }: AuditRow, names: Names): string {
  if (actorId) return plainText(names.get(`person/${actorId}`) ?? actorId);
  if (atTheMachine.has(kind)) return 'At the machine';
  return byStrangers.has(kind) ? 'Not signed in' : 'Sallyport';
}

/** Everything that rows name by an id, each once. */
function idsIn(rows: readonly AuditRow[]): NamedIds {
  const mentions = rows.flatMap(mentionsIn);
  const idsOf = (wanted: NamedThing) => [
    ...new Set(mentions.filter(({ thing }) => thing === wanted).map(({ id }) => id)),
  ];
  const uuidsOf = <Id extends string>(wanted: NamedThing) =>
    idsOf(wanted).filter((id): id is Id => typeof id === 'string' && isUuid(id));
  return {
    person: uuidsOf('person'),
    group: uuidsOf('group'),
    computer: idsOf('computer').filter((id): id is ComputerId => Number.isSafeInteger(id)),
    credential: uuidsOf('credential'),
    policy: uuidsOf('policy'),
    accessLevel: uuidsOf('accessLevel'),
    grant: uuidsOf('grant'),
  };
}

type Mention = { thing: NamedThing; id: unknown };

function mentionsIn({ actorId, subject }: AuditRow): Mention[] {
  const fields = new Map<string, unknown>(Object.entries(subject ?? {}));
  const idsUnder = (field: string): unknown[] => {
    const ids = fields.get(field);
    return Array.isArray(ids) ? ids : [];
  };
  const members = [...idsUnder('added'), ...idsUnder('removed')];
  const people = [actorId, ...members].map((id) => ({ thing: 'person', id }) as const);
  const records = idsUnder('credentialIds').map((id) => ({ thing: 'credential', id }) as const);
  return [...people, ...records, ...namedThings.map((thing) => ({ thing, id: fields.get(`${thing}Id`) }))];
}
