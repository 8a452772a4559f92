import type { Tx } from '../../db/connect.ts';
import { type ComputerValues, findComputerByGuid, findComputerByName } from '../../db/queries/computers.ts';
import {
  findSharedCredentialByName,
  insertCredential,
  lockSharedCredential,
  updateCredential,
} from '../../db/queries/credentials.ts';
import { deleteHostKey, findHostKey, insertHostKey } from '../../db/queries/host-keys.ts';
import { deleteSecret, insertSecret } from '../../db/queries/secrets.ts';
import { bindAnewAt } from '../../db/queries/suspensions.ts';
import { type Outcome, Unexpected } from '../errors.ts';
import { type CredentialId, newId, type PersonId } from '../ids.ts';
import { applyComputer } from '../inventory/change-computer.ts';
import { addComputer } from '../inventory/create-computer.ts';
import { followPinnedKey } from '../inventory/follow-pinned-key.ts';
import { type CredentialSecret, sealCredential } from '../vault/credential-secret.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { DemoFile } from './demo-file.ts';
import type { RecordEvent } from './demo-people.ts';
import type { MachineAccount } from './machine-account.ts';
import type { PrivateSshd } from './private-sshd.ts';

export type DemoComputer = DemoFile['computers'][number] & { key: ComputerKey };
export type ComputerKey = keyof typeof descriptions;

/** A port that nobody but root can take, and nobody does: what is there is down. */
const downPort = 9;

const descriptions = {
  build: { name: 'Build server', description: 'Compiles and tests every night.' },
  database: { name: 'Orders database', description: 'Take care: customers are waiting.' },
  archive: { name: 'Payroll archive', description: 'Needed once a year.' },
  down: { name: 'Old mail server', description: 'Switched off; shows what happens when a host is down.' },
};
const keys = Object.keys(descriptions) as ComputerKey[];

export type ComputersSeed = {
  keyring: Keyring;
  sshd: PrivateSshd;
  account: MachineAccount;
  privateKey: string;
  previous: DemoFile | undefined;
  pinnedBy: PersonId;
  now: Date;
};

/** `host:port` entries that the gateway must be allowed to dial for these computers; nothing else of this machine. */
export function demoTargets(sshd: PrivateSshd): string[] {
  return [`${sshd.host}:${sshd.port}`, `${sshd.host}:${downPort}`];
}

/** The port that the computers of an earlier start have, so that the host key pinned for it can stay. */
export async function earlierPort(tx: Tx): Promise<number | undefined> {
  return (await findComputerByName(tx, descriptions.build.name))?.port;
}

/** Credentials and computers as this start has them. Those of an earlier start are brought up to date, not doubled. */
export async function seedComputers(tx: Tx, record: RecordEvent, seed: ComputersSeed): Promise<DemoComputer[]> {
  const { account, privateKey, sshd } = seed;
  const byKey = await seedCredential(tx, record, seed, { type: 'ssh_key', privateKey });
  const byPassword = account.password
    ? await seedCredential(tx, record, seed, { type: 'password', password: account.password })
    : byKey;
  await pinHostKey(tx, record, seed);
  const made: DemoComputer[] = [];
  for (const key of keys) {
    const sharedCredentialId = key === 'database' ? byKey : byPassword;
    const port = key === 'down' ? downPort : sshd.port;
    made.push(await seedComputer(tx, record, seed, { key, port, sharedCredentialId }));
    // Its secret was entered anew a moment ago, for this address; wherever else somebody put it to use, it waits as before.
    await bindAnewAt(tx, { credentialId: sharedCredentialId, server: sshd.host, port });
  }
  return made;
}

async function seedComputer(
  tx: Tx,
  record: RecordEvent,
  { sshd, previous, now }: ComputersSeed,
  { key, port, sharedCredentialId }: { key: ComputerKey; port: number; sharedCredentialId: CredentialId },
): Promise<DemoComputer> {
  const { name, description } = descriptions[key];
  const guid = previous?.computers.find((computer) => computer.name === name)?.guid;
  const found = (guid && (await findComputerByGuid(tx, guid))) || (await findComputerByName(tx, name));
  const kept = found ?? { name, description, server2: null, server3: null, notes: '' };
  const values: ComputerValues = {
    name: kept.name,
    description: kept.description,
    mode: 'SSH',
    server: sshd.host,
    server2: kept.server2,
    server3: kept.server3,
    port,
    notes: kept.notes,
    sharedCredentialId,
  };
  if (found) {
    seeded(await applyComputer(tx, record, found.computerId, values, { now }));
    return { key, id: found.computerId, guid: found.guid, name: found.name, mode: 'SSH' };
  }
  const added = seeded(await addComputer(tx, record, values, { now }));
  return { key, id: added.computerId, guid: added.guid, name, mode: 'SSH' };
}

function seeded<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Unexpected(`The demo could not be seeded: ${outcome.code}`);
  return outcome.value;
}

/** The account's password may be another one than at the last start, and sealing anew costs nothing. */
async function seedCredential(
  tx: Tx,
  record: RecordEvent,
  seed: ComputersSeed,
  secret: CredentialSecret,
): Promise<CredentialId> {
  const name = secret.type === 'password' ? 'Demo account, password' : 'Demo account, Ed25519 key';
  const found = await findSharedCredentialByName(tx, name);
  const id = found?.id ?? newId<CredentialId>();
  const sealed = sealCredential(seed.keyring, id, secret);
  const username = seed.account.name;
  await insertSecret(tx, sealed);
  if (!found) {
    await insertCredential(tx, { id, name, type: secret.type, username, secretId: sealed.id });
    record({ kind: 'credential.created', subject: { credentialId: id, name, type: secret.type } });
    return id;
  }
  const old = await lockSharedCredential(tx, id);
  await updateCredential(tx, id, {
    name,
    username,
    secretId: sealed.id,
    referenceId: null,
    secretEnteredBy: null,
    updatedAt: seed.now,
  });
  if (old) await deleteSecret(tx, old.secretId);
  record({ kind: 'credential.changed', subject: { credentialId: id, fields: [secret.type] } });
  return id;
}

/** Pins the key of our own sshd, so that nobody is asked to approve it. */
async function pinHostKey(tx: Tx, record: RecordEvent, { sshd, pinnedBy, now }: ComputersSeed): Promise<void> {
  const { host: server, port, hostKeyFingerprint: fingerprint } = sshd;
  const pinned = await findHostKey(tx, server, port);
  if (pinned?.fingerprint === fingerprint) return;
  if (pinned) {
    await deleteHostKey(tx, server, port);
    record({ kind: 'host_key.forgotten', subject: { server, port, fingerprint: pinned.fingerprint } });
  }
  const [keyType = '', blob = ''] = sshd.hostPublicKey.split(' ');
  await insertHostKey(tx, {
    server,
    port,
    keyType,
    publicKey: Buffer.from(blob, 'base64'),
    fingerprint,
    pinnedBy,
    pinnedAt: now,
  });
  record({ kind: 'host_key.pinned', subject: { server, port, fingerprint, keyType } });
  await followPinnedKey(tx, record, { server, port, fingerprint, now });
}
