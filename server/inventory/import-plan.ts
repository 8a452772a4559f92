import type { CredentialInUse } from '../../db/queries/credential-targets.ts';
import { addressesOf } from '../../db/queries/credential-targets.ts';
import type { Lookups, Words } from '../../db/queries/import-lookups.ts';
import type { AccessLevelId, GroupId, PersonId, PolicyId } from '../ids.ts';
import { type ComputerColumn, importLimits, readHeader } from '../protocol/computer-columns.ts';
import { type CsvRow, readCsv, withoutApostrophe } from '../protocol/csv.ts';
import { type CreateComputerInput, CreateComputerInputSchema } from './create-computer.ts';

export type ImportRow = { line: number; cells: Partial<Record<ComputerColumn, string>>; problem?: string };

/** What a line leads to: `add`, nothing since it is `there` already, or nothing since it is `wrong`. */
export type PlannedRow = {
  line: number;
  name: string;
  address: string;
  verdict: 'add' | 'there' | 'wrong';
  /** In sentences: what happens besides, or what is wrong and what to do. */
  says: string[];
};

export type PlannedGrant = {
  personId: PersonId | null;
  groupId: GroupId | null;
  policyId: PolicyId;
  accessLevelId: AccessLevelId | null;
};
export type Plan = PlannedRow & { input?: CreateComputerInput; grant?: PlannedGrant };

/** The lines of a file by their columns; or why it cannot be read at all, with the line. */
export function readImport(text: string): { ok: true; rows: ImportRow[] } | { ok: false; problem: string } {
  if (text.includes('\ufffd')) return no('This file is not in UTF-8. Save it as “CSV UTF-8” and choose it again.');
  const csv = readCsv(text, importLimits);
  if (!csv.ok) return no(`Line ${csv.line}: ${csv.problem}`);
  const [header, ...rows] = csv.rows;
  if (!header) return no('This file is empty. Download the template and fill it in.');
  const read = readHeader(header.cells);
  if (!read.ok) return no(read.problem);
  if (rows.length === 0) return no('This file has a first line and no computers below it.');
  return { ok: true, rows: rows.map((row) => rowOf(row, read.columns)) };
}

function no(problem: string) {
  return { ok: false as const, problem };
}

function rowOf({ line, cells }: CsvRow, columns: readonly ComputerColumn[]): ImportRow {
  const named = columns.map((column, index) => [column, withoutApostrophe((cells[index] ?? '').trim())] as const);
  const row = { line, cells: Object.fromEntries(named) };
  const tooMany = cells.slice(columns.length).some((cell) => cell.trim() !== '');
  return tooMany
    ? { ...row, problem: 'This line has more cells than the first. Put cells with commas in quotation marks.' }
    : row;
}

/** Everything that the lines name, to be looked up. */
export function wordsOf(rows: readonly ImportRow[]): Words {
  const all = (column: ComputerColumn) => [...new Set(rows.flatMap(({ cells }) => cells[column] || []))];
  return {
    computers: all('name'),
    credentials: all('credential'),
    people: all('person'),
    groups: all('group'),
    policies: all('policy'),
    accessLevels: all('access level'),
  };
}

/** What the lines lead to when `actorId` imports them now. */
export function planImport(rows: readonly ImportRow[], known: Lookups, actorId: PersonId): Plan[] {
  const firstLines = new Map<string, number>();
  const waiting = new Map(known.targets.map(({ waits, ...target }) => [keyOf(target), waits]));
  return rows.map((row) => {
    const key = (row.cells.name ?? '').toLowerCase();
    const earlier = firstLines.get(key);
    if (earlier === undefined) firstLines.set(key, row.line);
    return planRow(row, { known, waiting, actorId, earlier });
  });
}

type Facts = {
  known: Lookups;
  waiting: ReadonlyMap<string, boolean>;
  actorId: PersonId;
  earlier: number | undefined;
};

function planRow({ line, cells, problem }: ImportRow, { known, waiting, actorId, earlier }: Facts): Plan {
  const shown = { line, name: cells.name ?? '', address: `${cells.server ?? ''}:${cells.port || 22}` };
  if (problem) return { ...shown, verdict: 'wrong', says: [problem] };
  if (earlier !== undefined) {
    return { ...shown, verdict: 'wrong', says: [`Line ${earlier} has this name too. Give each computer its own.`] };
  }
  if (known.computers.has(shown.name)) {
    return { ...shown, verdict: 'there', says: ['A computer of this name is there already; it stays as it is.'] };
  }
  const credential = lookUp(cells.credential, known.credentials, 'There is no shared credential called');
  const computer = CreateComputerInputSchema.safeParse({
    ...cells,
    port: cells.port || 22,
    mode: cells.mode ? cells.mode.toUpperCase() : undefined,
    sharedCredentialId: credential.found?.credentialId ?? null,
  });
  const grant = planGrant(cells, known);
  const problems = [
    ...(computer.error?.issues.map(({ path, message }) => `${String(path[0])}: ${message}`) ?? []),
    ...credential.problems,
    ...grant.problems,
  ];
  if (!computer.success || problems.length > 0) return { ...shown, verdict: 'wrong', says: problems };
  const input = computer.data;
  const address = `${input.server}:${input.port}`;
  const waits = credential.found && addressesOf(input).some((at) => willWait(credential.found, at, waiting, actorId));
  const says = [
    credential.found ? `Signs in with ${cells.credential}.` : 'Has no credential yet.',
    ...(waits ? ['The credential waits there until another administrator confirms it.'] : []),
    ...(grant.found ? [`${cells.person || cells.group} may work there under ${cells.policy}.`] : []),
  ];
  return { ...shown, address, verdict: 'add', says, input, ...(grant.found && { grant: grant.found }) };
}

type LookedUp<T> = { found?: T; problems: string[] };

function lookUp<T>(word: string | undefined, among: ReadonlyMap<string, T>, missing: string): LookedUp<T> {
  if (!word) return { problems: [] };
  const found = among.get(word);
  return found === undefined
    ? { problems: [`${missing} “${word.slice(0, 80)}”. Add it first, or mend the name.`] }
    : { found, problems: [] };
}

function planGrant(cells: ImportRow['cells'], known: Lookups): LookedUp<PlannedGrant> {
  const { person, group, policy, 'access level': level } = cells;
  if (!person && !group) {
    return { problems: policy || level ? ['Name the person (by email) or the group that may work there.'] : [] };
  }
  if (person && group) return { problems: ['Name either a person or a group, not both.'] };
  if (!policy) return { problems: ['Name the policy under which they may work there.'] };
  const found = {
    person: lookUp(person, known.people, 'Nobody has the email'),
    group: lookUp(group, known.groups, 'There is no group called'),
    policy: lookUp(policy, known.policies, 'There is no policy called'),
    level: lookUp(level, known.accessLevels, 'There is no access level called'),
  };
  const problems = Object.values(found).flatMap((each) => each.problems);
  if (problems.length > 0 || !found.policy.found) return { problems };
  return {
    problems,
    found: {
      personId: found.person.found ?? null,
      groupId: found.group.found ?? null,
      policyId: found.policy.found,
      accessLevelId: found.level.found ?? null,
    },
  };
}

// As `putCredentialToUse` would have it: where it is in use already it stays as it is there.
function willWait(
  credential: CredentialInUse | undefined,
  at: { server: string; port: number },
  waiting: ReadonlyMap<string, boolean>,
  actorId: PersonId,
): boolean {
  if (!credential) return false;
  const { credentialId, referenceId, enteredBy } = credential;
  return [credentialId, referenceId].some(
    (id) => id !== null && (waiting.get(keyOf({ credentialId: id, ...at })) ?? enteredBy !== actorId),
  );
}

function keyOf({ credentialId, server, port }: { credentialId: string; server: string; port: number }): string {
  return `${credentialId} ${server} ${port}`;
}
