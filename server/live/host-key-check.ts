import type { PinnedHostKey } from '../../db/queries/host-keys.ts';
import { isSameKey } from '../bridges/host-key.ts';
import type { HostKey, HostKeyVerdict } from '../bridges/terminal-bridge.ts';
import { decide } from '../decide/decide.ts';
import { refuse, sentenceOf } from '../errors.ts';
import type { AuthorizedConnection } from '../launch/authorized-connection.ts';
import type { LivePorts } from './ports.ts';

/** Asks the person in front of the terminal; `undefined` when nobody answered. */
export type AskAboutKey = (key: HostKey) => Promise<boolean | undefined>;

/**
 * The one answer whether the secret of a session may go to the host that shows this key: a key as pinned or approved, and
 * a credential that is meant for it, asked last, so that nothing which changed since it was taken out is missed.
 */
export async function checkHostKey(
  ports: LivePorts,
  authorized: AuthorizedConnection,
  key: HostKey,
  ask: AskAboutKey,
): Promise<HostKeyVerdict> {
  const verdict = await judgeKey(ports, authorized, key, ask);
  if (!verdict.trusted || (await ports.hostKeys.maySendSecret(authorized, key))) return verdict;
  return refused(sentenceOf(refuse('credential_suspended')));
}

/**
 * About the key alone: it is as pinned, or approved by a person who may. Approval pins the key for everyone, so it is
 * asked of few, and only where none is pinned.
 */
async function judgeKey(
  ports: LivePorts,
  authorized: AuthorizedConnection,
  key: HostKey,
  ask: AskAboutKey,
): Promise<HostKeyVerdict> {
  const { server, port, actor, grant } = authorized;
  const pinned = await ports.hostKeys.find(server, port);
  if (pinned) return compare(ports, authorized, pinned, key);

  const { person, login } = actor;
  const shown = `${server} port ${port} shows ${key.keyType} ${key.fingerprint}.`;
  if (!decide('approve-host-key', { person, login, grant }, ports.clock.now()).allow) {
    return refused(`No host key is pinned for this computer, and an administrator has to approve it. ${shown}`);
  }
  const approved = await ask(key);
  if (approved === undefined) return refused(`Nobody answered whether the host key is right. ${shown}`);
  if (!approved) return refused(`The host key was not approved. ${shown}`);
  if (await ports.hostKeys.pin(authorized, key)) return { trusted: true };
  const pinnedMeanwhile = await ports.hostKeys.find(server, port);
  return pinnedMeanwhile
    ? compare(ports, authorized, pinnedMeanwhile, key)
    : refused(`Only an administrator may approve this key, in Computers. ${shown}`);
}

async function compare(
  ports: LivePorts,
  { server, port, actor, sessionId }: AuthorizedConnection,
  pinned: PinnedHostKey,
  key: HostKey,
): Promise<HostKeyVerdict> {
  if (isSameKey(pinned.publicKey, key.publicKey)) return { trusted: true };
  await ports.audit.append({
    kind: 'host_key.mismatch',
    actorId: actor.person.id,
    sessionId,
    subject: { server, port, pinned: pinned.fingerprint, shown: key.fingerprint },
  });
  const detail = `Pinned: ${pinned.keyType} ${pinned.fingerprint}. Shown: ${key.keyType} ${key.fingerprint}.`;
  return { trusted: false, reason: 'host_key_changed', detail };
}

function refused(detail: string): HostKeyVerdict {
  return { trusted: false, reason: 'host_key_refused', detail };
}
