import type { WriterHead } from '../../db/queries/audit.ts';
import { lastOfKind } from '../../db/queries/audit.ts';
import { findDeskSession } from '../../db/queries/desk-sessions.ts';
import { type RecordingEvidence, readEvidence } from '../../db/queries/recordings.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { isUuid, type SessionId } from '../ids.ts';
import { isProven, type RecordingProof } from '../protocol/recording-proof.ts';
import { factsOf } from './session-row.ts';

export type VerifyPorts = {
  /** Reads the recording byte by byte, elsewhere. Rejects when it cannot be read. */
  verify(
    recording: { sessionId: SessionId; path: string } & RecordingEvidence,
  ): Promise<Pick<RecordingProof, 'state' | 'intactSegments' | 'problems'>>;
  /** Rows that were noted outside the database and are not in the log as they were. */
  missingRows(): Promise<WriterHead[]>;
};

const longestDetail = 2000;

/** Has the recording of a session proven, and writes down what was found. */
export async function verifyRecording(
  ctx: Context,
  actor: Actor,
  { sessionId }: { sessionId: SessionId },
  ports: VerifyPorts,
): Promise<Outcome<RecordingProof>> {
  const found = await findVerifiable(ctx, actor, sessionId);
  if (!found.ok) return found;
  const { path } = found.value;
  const startMs = performance.now();
  const evidence = await readEvidence(ctx.connection.db, sessionId);
  const { state, intactSegments, problems } = await ports.verify({ sessionId, path, ...evidence });
  const logProblems = (await ports.missingRows()).map(
    ({ writerId, seq }) =>
      `The audit log has lost rows: row ${seq} of the writer ${writerId} was noted outside the database, and is not in it as it was.`,
  );
  const proof: RecordingProof = {
    state,
    intactSegments,
    problems,
    logProblems,
    heads: evidence.anchors.length,
    at: ctx.clock.now().toISOString(),
    ms: Math.round(performance.now() - startMs),
  };
  const detail = [...problems, ...logProblems].join(' ').slice(0, longestDetail) || null;
  const subject = { state, segments: intactSegments, detail };
  await ctx.audit.append({ kind: 'recording.verified', actorId: actor.person.id, sessionId, subject });
  if (state === 'tampered' || logProblems.length > 0) {
    ctx.log.error('A recording is not proven to be what was recorded; the audit log says why', { sessionId });
  }
  return ok(proof);
}

export type LastProof = { at: Date; isProven: boolean; detail: string | null };

/** What was found when this recording was verified last; `null` when it never was, or who asks may not. */
export async function lastProof(
  ctx: Context,
  actor: Actor,
  { sessionId }: { sessionId: SessionId },
): Promise<Outcome<LastProof | null>> {
  if (!(await findVerifiable(ctx, actor, sessionId)).ok) return ok(null);
  const row = await lastOfKind(ctx.connection.db, 'recording.verified', sessionId);
  if (!row) return ok(null);
  const { state, detail } = row.subject;
  const isIntact =
    (state === 'intact' || state === 'deleted') &&
    isProven({ state, logProblems: detail === null ? [] : [String(detail)] });
  return ok({ at: row.at, isProven: isIntact, detail: typeof detail === 'string' ? detail : null });
}

async function findVerifiable(ctx: Context, actor: Actor, sessionId: SessionId): Promise<Outcome<{ path: string }>> {
  const session = isUuid(sessionId) ? await findDeskSession(ctx.connection.db, sessionId) : undefined;
  if (!session) return refuse('not_found');
  for (const action of ['see-session', 'verify-recording'] as const) {
    const decision = decide(action, { ...actor, session: factsOf(session) }, ctx.clock.now());
    if (!decision.allow) return refuse(decision.reason);
  }
  const { recording } = session;
  return recording ? ok({ path: recording.path }) : refuse('recording_unavailable');
}
