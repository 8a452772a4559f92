import { findUnsealed, readEvidence, type UnsealedRecording } from '../../db/queries/recordings.ts';
import { endViewsLeftBehind } from '../../db/queries/session-views.ts';
import { type ExpiredLease, findExpiredLeases, findLeftBehind } from '../../db/queries/sessions.ts';
import type { Context } from '../context.ts';
import type { SessionId } from '../ids.ts';
import type { Anchor, RecordingStore } from '../recording/port.ts';
import { RecordingForged } from '../recording/recover.ts';
import { writeEnd, writeRecordingEnd } from './end.ts';
import type { RecordingEnding } from './ports.ts';
import type { Registry } from './registry.ts';

export type Reaper = {
  /** Ends what nobody holds any more. Never rejects. */
  reap(): Promise<void>;
  /** Ends what an earlier gateway held, whatever its lease says. Only for the one gateway of an installation. */
  reapLeftBehind(): Promise<void>;
};

/** Ends sessions whose gateway is gone, and seals their recordings as far as they got. */
export function createReaper(ctx: Context, registry: Registry, recordings: RecordingStore): Reaper {
  const { db } = ctx.connection;
  let isReaping = false;

  async function endLost({ sessionId, personId, state }: ExpiredLease): Promise<void> {
    const reason = state === 'requested' ? 'abandoned' : 'crashed';
    await writeEnd(ctx, { sessionId, personId }, { reason }, undefined);
    if (reason === 'crashed') ctx.log.warn('A session was left behind by a gateway that stopped', { sessionId });
  }

  async function sealLost({ sessionId, personId, path }: UnsealedRecording): Promise<void> {
    const { anchors } = await readEvidence(db, sessionId);
    await writeRecordingEnd(ctx, { sessionId, personId }, await sealRest(sessionId, { path, anchors }));
  }

  async function sealRest(
    sessionId: SessionId,
    { path, anchors }: { path: string; anchors: readonly Anchor[] },
  ): Promise<RecordingEnding> {
    try {
      const rest = await recordings.sealAfterCrash(path, 'crash', anchors);
      return rest.outcome === 'nothing_recorded'
        ? { failed: 'nothing_recorded' }
        : { sealed: rest.sealed, reason: 'crash' };
    } catch (err) {
      ctx.log.error('The recording of a lost session could not be sealed', { err, sessionId });
      return { failed: err instanceof RecordingForged ? 'forged' : 'damaged' };
    }
  }

  async function reap(find: () => Promise<ExpiredLease[]>): Promise<void> {
    if (isReaping) return;
    isReaping = true;
    try {
      const lost = await find();
      for (const session of lost) if (!registry.has(session.sessionId)) await endLost(session);
      const unsealed = await findUnsealed(db);
      for (const recording of unsealed) if (!registry.has(recording.sessionId)) await sealLost(recording);
    } catch (err) {
      ctx.log.error('Lost sessions could not be ended', { err });
    } finally {
      isReaping = false;
    }
  }

  return {
    reap: () => reap(() => findExpiredLeases(db, ctx.clock.now())),
    async reapLeftBehind() {
      await reap(() => findLeftBehind(db, ctx.audit.writerId));
      await endViewsLeftBehind(db).catch((err) => ctx.log.error('Views of lost sessions could not be ended', { err }));
    },
  };
}
