import { z } from 'zod';
import { notify } from '../../db/notify.ts';
import { findComputer } from '../../db/queries/computers.ts';
import { addressesOf, lockAddresses } from '../../db/queries/credential-targets.ts';
import { findHostKey, insertHostKey, type PinnedHostKey } from '../../db/queries/host-keys.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import { type EndReason, endSentence } from '../protocol/session-words.ts';
import { followPinnedKey } from './follow-pinned-key.ts';
import { ComputerIdSchema, ServerSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

/** Takes the key that an address shows, and hangs up. A port: whoever composes the program knows how to dial. */
export type ScanHostKey = (
  address: Address,
) => Promise<{ ok: true; key: PinnedHostKey } | { ok: false; end: { reason: EndReason; detail?: string | undefined } }>;

type Address = { server: string; port: number };
export type ShownHostKey = Address & { keyType: string; fingerprint: string };

const alreadyPinned: Refusal = refuse('conflict', {
  problem: 'A host key is pinned for this address already. Forget it first if it changed on purpose.',
});

export const ReadHostKeyInputSchema = z.object({
  computerId: ComputerIdSchema,
  /** One of its servers; the first when left out. */
  server: ServerSchema.optional(),
});

/** What a computer without a pinned host key shows now, for an administrator to compare with the computer itself. */
export async function readHostKey(
  ctx: Context,
  actor: Actor,
  { computerId, server: wanted }: z.output<typeof ReadHostKeyInputSchema>,
  scan: ScanHostKey,
): Promise<Outcome<ShownHostKey>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const { db } = ctx.connection;
  const computer = await findComputer(db, computerId);
  const address = computer && addressesOf(computer).find(({ server }) => !wanted || server === wanted);
  if (!address) return refuse('not_found');
  const { server, port } = address;
  if (await findHostKey(db, server, port)) return alreadyPinned;
  const scanned = await scan({ server, port });
  if (!scanned.ok) return refuse('conflict', { problem: scanned.end.detail ?? endSentence(scanned.end.reason) });
  const { keyType, fingerprint } = scanned.key;
  return ok({ server, port, keyType, fingerprint });
}

export const ApproveHostKeyInputSchema = ReadHostKeyInputSchema.extend({ fingerprint: z.string().max(100) });

/**
 * Pins the key with this fingerprint. The key is read again rather than taken from the browser, so that only one the
 * computer really shows can be pinned. Secrets that were entered for another key of this address wait from then on.
 */
export async function approveHostKey(
  ctx: Context,
  actor: Actor,
  { computerId, server: wanted, fingerprint }: z.output<typeof ApproveHostKeyInputSchema>,
  scan: ScanHostKey,
): Promise<Outcome<undefined>> {
  let shown: PinnedHostKey | undefined;
  const read = await readHostKey(ctx, actor, { computerId, server: wanted }, async (address) => {
    const scanned = await scan(address);
    if (scanned.ok) shown = scanned.key;
    return scanned;
  });
  if (!read.ok) return read;
  if (!shown || shown.fingerprint !== fingerprint) return anotherKey;
  const key = { server: read.value.server, port: read.value.port, ...shown };
  const { server, port, keyType } = key;
  const [actorId, now] = [actor.person.id, ctx.clock.now()];
  return ctx.audit.transact(async (tx, record) => {
    await lockAddresses(tx, [key]);
    const pinned = await insertHostKey(tx, { ...key, pinnedBy: actorId, pinnedAt: now });
    if (!pinned) return alreadyPinned;
    record({ kind: 'host_key.pinned', actorId, subject: { server, port, fingerprint, keyType } });
    await followPinnedKey(tx, record, { server, port, fingerprint, actorId, now });
    await notify(tx, 'access_changed', {});
    return ok(undefined);
  });
}

const anotherKey: Refusal = refuse('conflict', {
  problem: 'The computer shows another host key than the one you approved. Read it again and compare.',
});
