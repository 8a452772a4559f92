import { z } from 'zod';
import { findComputer } from '../../db/queries/computers.ts';
import { findHostKey, insertHostKey, type PinnedHostKey } from '../../db/queries/host-keys.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import { type EndReason, endSentence } from '../protocol/session-words.ts';
import { ComputerIdSchema } from './input-fields.ts';
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

export const ReadHostKeyInputSchema = z.object({ computerId: ComputerIdSchema });

/** What a computer without a pinned host key shows now, for an administrator to compare with the computer itself. */
export async function readHostKey(
  ctx: Context,
  actor: Actor,
  { computerId }: z.output<typeof ReadHostKeyInputSchema>,
  scan: ScanHostKey,
): Promise<Outcome<ShownHostKey>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const { db } = ctx.connection;
  const computer = await findComputer(db, computerId);
  if (!computer) return refuse('not_found');
  const { server, port } = computer;
  if (await findHostKey(db, server, port)) return alreadyPinned;
  const scanned = await scan({ server, port });
  if (!scanned.ok) return refuse('conflict', { problem: scanned.end.detail ?? endSentence(scanned.end.reason) });
  const { keyType, fingerprint } = scanned.key;
  return ok({ server, port, keyType, fingerprint });
}

export const ApproveHostKeyInputSchema = ReadHostKeyInputSchema.extend({ fingerprint: z.string().max(100) });

/**
 * Pins the key with this fingerprint. The key is read again rather than taken from the browser, so that only one the
 * computer really shows can be pinned.
 */
export async function approveHostKey(
  ctx: Context,
  actor: Actor,
  { computerId, fingerprint }: z.output<typeof ApproveHostKeyInputSchema>,
  scan: ScanHostKey,
): Promise<Outcome<undefined>> {
  let shown: PinnedHostKey | undefined;
  const read = await readHostKey(ctx, actor, { computerId }, async (address) => {
    const scanned = await scan(address);
    if (scanned.ok) shown = scanned.key;
    return scanned;
  });
  if (!read.ok) return read;
  if (!shown || shown.fingerprint !== fingerprint) return anotherKey;
  const key = { server: read.value.server, port: read.value.port, ...shown };
  return ctx.audit.transact(async (tx, record) => {
    const pinned = await insertHostKey(tx, { ...key, pinnedBy: actor.person.id, pinnedAt: ctx.clock.now() });
    if (!pinned) return alreadyPinned;
    const { server, port, keyType } = key;
    record({ kind: 'host_key.pinned', actorId: actor.person.id, subject: { server, port, fingerprint, keyType } });
    return ok(undefined);
  });
}

const anotherKey: Refusal = refuse('conflict', {
  problem: 'The computer shows another host key than the one you approved. Read it again and compare.',
});
