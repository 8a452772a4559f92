import type { Tx } from '../../db/connect.ts';
import { dropPayload, insertJob, type JobRow } from '../../db/queries/jobs.ts';
import type { Context } from '../context.ts';
import { isUuid, type JobId, newId } from '../ids.ts';
import type { JobKind } from './runner.ts';

export const forgetPayloadKind = 'forget_payload';

const dayMs = 24 * 3_600_000;
/** How long what a given-up job needs is kept, so that somebody can have it done after all. */
const payloadLifeMs = 30 * dayMs;
const patienceMs = 365 * dayMs;

/** Sees to it that the payload of a job that is given up now does not stay for ever. In the transaction that gives it up. */
export async function planForgetting(tx: Tx, { id, attempts }: JobRow, now: Date): Promise<void> {
  const dueAt = new Date(now.getTime() + payloadLifeMs);
  await insertJob(tx, {
    id: newId<JobId>(now.getTime()),
    kind: forgetPayloadKind,
    key: `${id}/${attempts}`, // Taken up and given up once more, it is to be forgotten once more.
    sessionId: null,
    payload: null,
    createdAt: now,
    dueAt,
    giveUpAt: new Date(dueAt.getTime() + patienceMs),
  });
}

/** The work of destroying what given-up jobs needed. One that was taken up in the meantime keeps what it needs. */
export function forgetPayloadWork({ connection, clock }: Pick<Context, 'connection' | 'clock'>): JobKind {
  return {
    async attempt({ key }) {
      const [id = ''] = key.split('/');
      if (isUuid(id)) await dropPayload(connection.db, id as JobId, new Date(clock.now().getTime() - payloadLifeMs));
      return { outcome: 'done', status: null, detail: null, next: 'done' };
    },
  };
}
