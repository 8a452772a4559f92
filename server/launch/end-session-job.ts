import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { notify } from '../../db/notify.ts';
import { insertJob, type JobRow } from '../../db/queries/jobs.ts';
import { findEnding, markEnded, type SessionEnding, takeOwedEnd } from '../../db/queries/sessions.ts';
import type { SealedText } from '../../db/schema/columns.ts';
import type { Context } from '../context.ts';
import type { EndSessionBody } from '../identity-api/contract.ts';
import { type JobId, newId, type SessionId } from '../ids.ts';
import type { AttemptResult, JobKind } from '../jobs/runner.ts';
import type { Keyring } from '../vault/keyring.ts';
import { openText, sealText } from '../vault/seal-text.ts';

export const endSessionKind = 'end_session';
export const endSessionPatienceMs = 24 * 3_600_000;
/** How often a new token is asked for before the API is believed that we have no right to end this session. */
const maxUnauthorized = 7;

const OwedEndSchema = z.object({
  apiUrl: z.string(),
  apiKey: z.string(),
  apiApplicationKey: z.string(),
  computer: z.string(),
  credential: z.string(),
  loginsessionid: z.string(),
  checkout: z.string(),
  mode: z.string(),
});
/** What an identity API must be told with, known when it is asked for a credential. */
export type OwedEnd = z.infer<typeof OwedEndSchema>;

export function owedEndPurpose(id: SessionId): string {
  return `end-session/${id}`;
}

export function sealOwedEnd(keyring: Keyring, id: SessionId, owed: OwedEnd): SealedText {
  return sealText(keyring, owedEndPurpose(id), JSON.stringify(owed));
}

/**
 * Ends a session and, in the same transaction, makes the work of telling its identity API, if one gave a credential.
 * `true` only for the one call that ended it.
 */
export async function endSession(tx: Tx, id: SessionId, ending: SessionEnding): Promise<boolean> {
  if (!(await markEnded(tx, id, ending))) return false;
  const payload = await takeOwedEnd(tx, id);
  if (!payload) return true;
  const now = ending.endedAt;
  const jobId = newId<JobId>(now.getTime());
  const times = { dueAt: now, createdAt: now, giveUpAt: new Date(now.getTime() + endSessionPatienceMs) };
  await insertJob(tx, { id: jobId, kind: endSessionKind, key: id, sessionId: id, payload, ...times });
  await notify(tx, 'job_due', { jobId });
  return true;
}

/** Says to an identity API that a session ended; `renewToken` first asks it for a new token of our own. */
export type SayEndSession = (message: {
  apiUrl: string;
  apiKey: string;
  apiApplicationKey: string;
  renewToken: boolean;
  body: EndSessionBody;
}) => Promise<{ status: number | null; detail: string | null }>;

/** The work of telling identity APIs that sessions ended. */
export function endSessionWork(ctx: Context, say: SayEndSession): JobKind {
  return {
    attempt: (job) => deliverEndSession(ctx, job, say),
    async evidence({ sessionId, attempts }, state) {
      const ending = sessionId ? await findEnding(ctx.connection.db, sessionId) : undefined;
      const kind = state === 'done' ? 'end_session.delivered' : 'end_session.given_up';
      return { kind, sessionId, subject: { apiUrl: ending?.apiUrl ?? '', attempts } };
    },
  };
}

/** One attempt to tell an identity API that a session ended. */
async function deliverEndSession(ctx: Context, job: JobRow, say: SayEndSession): Promise<AttemptResult> {
  const sessionId = job.sessionId;
  const owed = sessionId && job.payload && readOwedEnd(ctx.keyring, sessionId, job.payload);
  const ending = sessionId && (await findEnding(ctx.connection.db, sessionId));
  if (!sessionId || !owed || !ending) {
    const detail = 'What is to be said cannot be read any more: the keyring is another one than when it was sealed.';
    return { outcome: 'refused', status: null, detail, next: 'give_up' };
  }
  const { apiUrl, apiKey, apiApplicationKey, ...about } = owed;
  const body = {
    ...about,
    session: sessionId,
    startedAt: ending.openedAt?.toISOString() ?? null,
    endedAt: (ending.endedAt ?? ctx.clock.now()).toISOString(),
    reason: ending.endReason ?? 'failed',
  };
  const { status, detail } = await say({ apiUrl, apiKey, apiApplicationKey, renewToken: job.unauthorized > 0, body });
  if (status === null) return { outcome: 'unreachable', status, detail, next: 'later' };
  if (status >= 200 && status < 300) return { outcome: 'done', status, detail, next: 'done' };
  if (status !== 401) return { outcome: 'refused', status, detail, next: 'later' };
  const isEnough = job.unauthorized >= maxUnauthorized;
  return { outcome: 'refused', status, detail, next: isEnough ? 'give_up' : 'at_once' };
}

function readOwedEnd(keyring: Keyring, id: SessionId, sealed: SealedText): OwedEnd | undefined {
  const text = openText(keyring, owedEndPurpose(id), sealed);
  return text === undefined ? undefined : OwedEndSchema.parse(JSON.parse(text));
}
