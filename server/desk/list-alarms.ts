import { countWaiting } from '../../db/queries/retention.ts';
import { readSettings } from '../../db/queries/settings.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type FreeSpace, freeSpaceOf } from '../recording/free-space.ts';

/** What waits for an auditor or an administrator, wherever in the portal they are. */
export type DeskAlarms = {
  /** The disk of the recordings has less free than the settings want, in bytes. */
  disk?: { freeBytes: number; leastBytes: number };
  /** Recordings that were to be deleted and were kept, for another reason than a hold. */
  kept: number;
  /** Holds whose end somebody asks for. */
  lifts: number;
};

const bytesOfGiB = 1024 ** 3;
const nothing: DeskAlarms = { kept: 0, lifts: 0 };

/** What needs somebody now; nothing for anybody who could not do a thing about it. `root`: the store of recordings. */
export async function listAlarms(ctx: Context, actor: Actor, root: string): Promise<DeskAlarms> {
  if (!decide('read-audit', actor, ctx.clock.now()).allow) return nothing;
  const { db } = ctx.connection;
  const leastBytes = (await readSettings(db)).minFreeGiB * bytesOfGiB;
  const space = await freeSpaceOf(root).catch((err): FreeSpace | undefined => {
    ctx.log.error('The disk of the recordings could not be looked at', { err });
    return undefined;
  });
  const waiting = await countWaiting(db);
  const isLow = space !== undefined && space.freeBytes < leastBytes;
  return isLow ? { ...waiting, disk: { freeBytes: space.freeBytes, leastBytes } } : waiting;
}
