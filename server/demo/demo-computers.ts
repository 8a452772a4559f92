import type { Tx } from '../../db/connect.ts';
import { insertComputer, listAllComputers, updateComputer } from '../../db/queries/computers.ts';
import { deleteUnusedTargets, insertCredentialTarget } from '../../db/queries/credential-targets.ts';
import {
  insertCredential,
  listSharedCredentials,
  lockSharedCredential,
  updateCredential,
} from '../../db/queries/credentials.ts';
import { deleteHostKey, findHostKey, insertHostKey } from '../../db/queries/host-keys.ts';
import { deleteSecret, insertSecret } from '../../db/queries/secrets.ts';
import { type ComputerGuid, type ComputerId, type CredentialId, newId, type PersonId } from '../ids.ts';
import { putCredentialToUse } from '../inventory/put-credential-to-use.ts';
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
  const found = (await listAllComputers(tx)).find(({ name }) => name === descriptions.build.name);
  return found?.port;
}

/** Credentials and computers as this start has them. Those of an earlier start are brought up to date, not doubled. */
export async function seedComputers(tx: Tx, record: RecordEvent, seed: ComputersSeed): Promise<DemoComputer[]> {
  const { account, privateKey, sshd } = seed;
  const byKey = await seedCredential(tx, record, seed, { type: 'ssh_key', privateKey });
  const byPassword = account.password
    ? await seedCredential(tx, record, seed, { type: 'password', password: account.password })
    : byKey;
  await pinHostKey(tx, record, seed);
  const known = await listAllComputers(tx);
  const made: DemoComputer[] = [];
  for (const key of keys) {
    const { name, description } = descriptions[key];
    const sharedCredentialId = key === 'database' ? byKey : byPassword;
    const port = key === 'down' ? downPort : sshd.port;
    const values = { name, description, mode: 'SSH' as const, server: sshd.host, port, sharedCredentialId };
    const guid = seed.previous?.computers.find((computer) => computer.name === name)?.guid;
    const found = known.find((computer) => computer.guid === guid || computer.name === name);
    if (found) {
      await updateComputer(tx, found.computerId, { ...values, name: found.name, description: found.description });
      await insertCredentialTarget(tx, { credentialId: sharedCredentialId, server: sshd.host, port });
      made.push({ key, id: found.computerId, guid: found.guid, name: found.name, mode: 'SSH' });
    } else {
      made.push({ key, ...(await addComputer(tx, record, values)), name, mode: 'SSH' });
    }
  }
  for (const id of new Set([byKey, byPassword])) await deleteUnusedTargets(tx, id);
  return made;
}

type NewComputer = Parameters<typeof updateComputer>[2] & { sharedCredentialId: CredentialId };

async function addComputer(
  tx: Tx,
  record: RecordEvent,
  values: NewComputer,
): Promise<{ id: ComputerId; guid: ComputerGuid }> {
  const guid = newId<ComputerGuid>();
  const id = await insertComputer(tx, { ...values, guid });
  const { name, server, port } = values;
  record({ kind: 'computer.created', subject: { computerId: id, name, server, port } });
  await putCredentialToUse(tx, record, { credentialId: values.sharedCredentialId, computerId: id, server, port });
  return { id, guid };
}

/** The account's password may be another one than at the last start, and sealing anew costs nothing. */
async function seedCredential(
  tx: Tx,
  record: RecordEvent,
  seed: ComputersSeed,
  secret: CredentialSecret,
): Promise<CredentialId> {
  const name = secret.type === 'password' ? 'Demo account, password' : 'Demo account, Ed25519 key';
  const found = (await listSharedCredentials(tx)).find((credential) => credential.name === name);
  const id = found?.credentialId ?? newId<CredentialId>();
  const sealed = sealCredential(seed.keyring, id, secret);
  const username = seed.account.name;
  await insertSecret(tx, sealed);
  if (!found) {
    await insertCredential(tx, { id, name, type: secret.type, username, secretId: sealed.id });
    record({ kind: 'credential.created', subject: { credentialId: id, name, type: secret.type } });
    return id;
  }
  const old = await lockSharedCredential(tx, id);
  await updateCredential(tx, id, { name, username, secretId: sealed.id, updatedAt: seed.now });
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
}
