import { type ComputerAccess, loadAllAccess } from '../../db/queries/access-facts.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type ErrorCode, type Outcome, ok, refuse, sentenceOf } from '../errors.ts';
import type { ComputerGuid, PolicyId } from '../ids.ts';
import type { Mode, RecordingRule } from '../protocol/session-words.ts';

export type ShopRow = {
  guid: ComputerGuid;
  name: string;
  description: string;
  mode: Mode;
  connect:
    | {
        allowed: true;
        policy: { id: PolicyId; name: string; recording: RecordingRule; allowCopy: boolean; allowPaste: boolean };
        endsAt: Date | null;
      }
    | { allowed: false; code: ErrorCode; message: string };
};

/** Every computer, by name, and whether this person may connect to it now or why not. Addresses stay inside. */
export async function listShop(ctx: Context, actor: Actor): Promise<Outcome<ShopRow[]>> {
  const now = ctx.clock.now();
  const entry = decide('enter', actor, now);
  if (!entry.allow) return refuse(entry.reason);
  const all = await loadAllAccess(ctx.connection.db, actor.person.id);
  return ok(all.map((access) => shopRow(actor, access, now)));
}

function shopRow(actor: Actor, access: ComputerAccess, now: Date): ShopRow {
  const { guid, name, description, mode } = access.computer;
  return { guid, name, description, mode, connect: mayConnect(actor, access, now) };
}

function mayConnect(actor: Actor, access: ComputerAccess, now: Date): ShopRow['connect'] {
  const decision = decide('connect', { ...actor, access }, now);
  if (!decision.allow) {
    return { allowed: false, code: decision.reason, message: sentenceOf(refuse(decision.reason)) };
  }
  const { policy, endsAt } = decision.grant;
  const { id, name, recording, allowCopy, allowPaste } = policy;
  return { allowed: true, policy: { id, name, recording, allowCopy, allowPaste }, endsAt };
}
