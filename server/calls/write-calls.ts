import type { Tx } from '../../db/connect.ts';
import { addToSession, finishCall, insertCalls, markTokenUsed, type NewCall } from '../../db/queries/aws-calls.ts';
import { storable } from '../audit/chain.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Context } from '../context.ts';
import type { ApiTokenId, SessionId } from '../ids.ts';
import type { AnsweredEntry, CalledEntry, JournalEntry } from './journal-entry.ts';

type RecordEvent = (event: AuditEvent) => void;
type Sums = Map<SessionId, { calls: number; bytesOut: number; bytesIn: number; lastCallAt: Date | null }>;

/**
 * Writes what the journal says into the database, rows and evidence in one transaction. However often an entry comes, it
 * counts once: what is there already is neither told nor added again.
 */
export async function writeCalls(ctx: Context, entries: readonly JournalEntry[]): Promise<void> {
  const called = entries.filter((entry) => entry.kind === 'called');
  const answered = entries.filter((entry) => entry.kind === 'answered');
  await ctx.audit.transact(async (tx, record) => {
    const sums: Sums = new Map();
    await writeCalled(tx, record, called, sums);
    for (const entry of answered) await writeAnswered(tx, record, entry, sums);
    for (const [id, sum] of [...sums].sort(([a], [b]) => a.localeCompare(b))) await addToSession(tx, id, sum);
  });
}

async function writeCalled(tx: Tx, record: RecordEvent, called: readonly CalledEntry[], sums: Sums): Promise<void> {
  const isNew = await insertCalls(tx, called.map(rowOf));
  const used = new Map<ApiTokenId, { at: Date; from: string }>();
  for (const entry of called) {
    const { shown, sessionId, tokenId, refusal } = entry;
    if (!isNew.delete(shown.callId)) continue;
    record(refusal === undefined ? calledEvent(entry) : refusedEvent(entry, refusal));
    used.set(tokenId, { at: shown.at, from: shown.address });
    if (refusal !== undefined) continue;
    const sum = sumOf(sums, sessionId);
    sum.calls += 1;
    sum.lastCallAt = shown.at;
  }
  for (const [tokenId, use] of [...used].sort(([a], [b]) => a.localeCompare(b))) await markTokenUsed(tx, tokenId, use);
}

async function writeAnswered(tx: Tx, record: RecordEvent, entry: AnsweredEntry, sums: Sums): Promise<void> {
  const { callId, sessionId, personId, at, bytesIn, bytesOut } = entry;
  const [status, awsRequestId, problem] = [entry.status ?? null, entry.awsRequestId ?? null, entry.problem ?? null];
  const ending = storable({ status, awsRequestId, problem }) as { awsRequestId: string | null; problem: string | null };
  if (!(await finishCall(tx, callId, { ...ending, status, finishedAt: at, bytesIn, bytesOut }))) return;
  // Of the answer is what the person gets: out of the gateway, as the words are at a terminal.
  const subject = { callId, status, awsRequestId, bytesOut: bytesIn, bytesIn: bytesOut, problem };
  record({ kind: 'aws.answered', actorId: personId, sessionId, subject });
  const sum = sumOf(sums, sessionId);
  sum.bytesOut += bytesIn;
  sum.bytesIn += bytesOut;
}

function sumOf(sums: Sums, id: SessionId) {
  const sum = sums.get(id) ?? { calls: 0, bytesOut: 0, bytesIn: 0, lastCallAt: null };
  sums.set(id, sum);
  return sum;
}

function rowOf({ shown, sessionId, refusal }: CalledEntry): NewCall {
  const { callId: id, at, ...rest } = shown;
  // Clients write what no text column takes.
  const row = storable(rest) as typeof rest;
  const isRefused = refusal !== undefined;
  return { ...row, id, sessionId, startedAt: at, refusal: refusal ?? null, finishedAt: isRefused ? at : null };
}

const nameOf = ({ service, operation }: CalledEntry['shown']) => `${service}:${operation ?? '?'}`;

function calledEvent({ shown, sessionId, personId }: CalledEntry): AuditEvent {
  const { callId, region, parameters, route, host, method, path, address, isRepeat } = shown;
  const about = { resource: shown.resource ?? null, command: shown.command ?? null, operation: nameOf(shown) };
  const subject = { callId, region, parameters, route, host, method, path, address, isRepeat, ...about };
  return { kind: 'aws.called', actorId: personId, sessionId, subject };
}

function refusedEvent({ shown, sessionId, personId, tokenId }: CalledEntry, reason: string): AuditEvent {
  const { callId, region, route, host, method, path, address } = shown;
  const about = { resource: shown.resource ?? null, operation: nameOf(shown), record: null, token: null };
  const subject = { callId, reason, apiTokenId: tokenId, region, route, host, method, path, address, ...about };
  return { kind: 'aws.refused', actorId: personId, sessionId, subject };
}
