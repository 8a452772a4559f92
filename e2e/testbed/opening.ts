import { join } from 'node:path';
import { socketDirectoryNear } from '../../db/embedded/place.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../../server/context.ts';
import { askGatewayToOpen } from '../../server/front/control-socket.ts';
import type { ComputerGuid, PersonId, SessionId } from '../../server/ids.ts';
import { launchAs } from '../../server/launch/testing/launching.ts';
import { masterPassword, withMasterPassword } from '../../server/vault/testing/master-password.ts';

/** Where the gateway of this installation takes what its portal asks. */
export function gatewaySocketOf(dataDir: string): string {
  return join(socketDirectoryNear(join(dataDir, 'run'), 'gateway.sock'), 'gateway.sock');
}

/** Gives a person who has none a master password that the tests know. */
export async function masterPasswordOf(ctx: Context, personId: PersonId): Promise<string> {
  await withMasterPassword(ctx, personId);
  return masterPassword;
}

export type Opener = { ctx: Context; actor: Actor; cookieHeader: string; dataDir: string; masterPassword: string };

const typing = new Map<PersonId, Promise<unknown>>();

/**
 * Connect and everything up to the session's own page, as the portal asks for it. One after the other for each person:
 * many passwords of one at the same moment are guesses to the gateway.
 */
export function openSession(opener: Opener, computerGuid: ComputerGuid): Promise<SessionId> {
  const { id } = opener.actor.person;
  const opened = (typing.get(id) ?? Promise.resolve()).then(() => open(opener, computerGuid));
  typing.set(
    id,
    opened.catch(() => undefined),
  );
  return opened;
}

async function open(opener: Opener, computerGuid: ComputerGuid): Promise<SessionId> {
  const { ctx, actor, cookieHeader, dataDir, masterPassword: password } = opener;
  const launchId = await launchAs(ctx, actor, computerGuid);
  const opened = valueIn(await askGatewayToOpen(gatewaySocketOf(dataDir), { launchId, password, cookieHeader }));
  return opened.sessionId as SessionId;
}
