import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tx } from '../../db/connect.ts';
import { insertApiToken, listApiTokensOf } from '../../db/queries/api-tokens.ts';
import { findAwsRecord, hasGrantOn, insertAwsRecord, updateAwsRecord } from '../../db/queries/aws-records.ts';
import {
  findSharedCredentialByName,
  insertCredential,
  lockSharedCredential,
  updateCredential,
} from '../../db/queries/credentials.ts';
import { findPersonByEmail } from '../../db/queries/people.ts';
import { findPolicyByName } from '../../db/queries/policies.ts';
import { updateRecordTypeDisabled } from '../../db/queries/record-types.ts';
import { deleteSecret, insertSecret } from '../../db/queries/secrets.ts';
import { readSettings, storeSetting } from '../../db/queries/settings.ts';
import { builtInRecordTypes } from '../../db/schema.ts';
import type { Config, DemoAwsSettings } from '../config/config.ts';
import type { Context } from '../context.ts';
import { Unexpected } from '../errors.ts';
import { type ApiTokenId, type CredentialId, newId, type PersonId, type PolicyId } from '../ids.ts';
import { addGrant } from '../inventory/grants.ts';
import { newTokenId, newTokenSecret } from '../people/api-tokens.ts';
import { sealAwsKeys } from '../vault/aws-keys.ts';
import { type ProxyAuthority, proxyAuthority } from '../vault/proxy-authority.ts';
import { sealTokenSecret } from '../vault/token-secret.ts';
import type { DemoFile } from './demo-file.ts';
import type { RecordEvent } from './demo-people.ts';

type AwsFile = NonNullable<DemoFile['aws']>;
export type DemoAws = {
  file: AwsFile;
  /** What the proxy must be allowed to dial for it. */
  targets: string[];
};

type AwsSeed = { previous: DemoFile | undefined; makeAuthority(now: Date): ProxyAuthority };

const name = 'demo-aws';
const dayMs = 86_400_000;
const tokenDays = 90;

/**
 * Turns the AWS proxy on, with a record for what DEMO_AWS_ENDPOINT names and a token of the user for it. Nothing where
 * the configuration names none. A token of an earlier start that still lives is kept.
 */
export async function seedAws(
  ctx: Context,
  { dataDir, awsListen, demoAws }: Config,
  { previous, makeAuthority }: AwsSeed,
): Promise<DemoAws | undefined> {
  if (!demoAws) return undefined;
  const { certificatePem } = await proxyAuthority(ctx, makeAuthority);
  const caFile = join(dataDir, 'demo', 'aws-proxy.pem');
  await writeFile(caFile, certificatePem);
  const seeded = await ctx.audit.transact(async (tx, record) => {
    const people = await peopleOf(tx);
    await turnOn(tx, ctx, record, people.admin);
    const { credentialId, number } = await seedRecord(tx, ctx, record, demoAws);
    await seedGrant(tx, ctx, record, { credentialId, ...people });
    return { ...(await seedToken(tx, ctx, record, people.user, previous?.aws)), record: String(number) };
  });
  const { hostname, host, port, protocol } = new URL(demoAws.endpoint);
  const { host: at } = awsListen;
  const proxy = `http://${at.includes(':') ? `[${at}]` : at}:${awsListen.port}`;
  return {
    file: { proxy, caFile, ...seeded },
    targets: [port ? host : `${hostname}:${protocol === 'https:' ? 443 : 80}`],
  };
}

async function peopleOf(tx: Tx): Promise<{ user: PersonId; admin: PersonId; policyId: PolicyId }> {
  const user = await findPersonByEmail(tx, 'user@demo.example');
  const admin = await findPersonByEmail(tx, 'admin@demo.example');
  const policy = await findPolicyByName(tx, 'Recorded');
  if (!user || !admin || !policy) throw new Unexpected('The people of the demo are not there.');
  return { user: user.id, admin: admin.id, policyId: policy.id };
}

async function turnOn(tx: Tx, { clock }: Context, record: RecordEvent, changedBy: PersonId): Promise<void> {
  await updateRecordTypeDisabled(tx, builtInRecordTypes.aws_access_key, null);
  const { awsProxy } = await readSettings(tx);
  if (awsProxy) return;
  await storeSetting(tx, { name: 'awsProxy', value: true, changedAt: clock.now(), changedBy });
  record({ kind: 'setting.changed', subject: { setting: 'awsProxy', from: 'false', to: 'true' } });
}

async function seedRecord(
  tx: Tx,
  { keyring, clock }: Context,
  record: RecordEvent,
  { endpoint, accessKeyId, secretAccessKey }: DemoAwsSettings,
): Promise<{ credentialId: CredentialId; number: number }> {
  const found = await findSharedCredentialByName(tx, name);
  const credentialId = found?.id ?? newId<CredentialId>();
  const sealed = sealAwsKeys(keyring, credentialId, { secretAccessKey });
  await insertSecret(tx, sealed);
  // Local stand-ins answer by their own name, with buckets in the path.
  const place = { endpointUrl: endpoint, endpointHost: 'path_style' as const, endpointCaPem: null };
  if (found) {
    const old = await lockSharedCredential(tx, credentialId);
    const values = { name: found.name, username: accessKeyId, secretId: sealed.id, referenceId: null };
    await updateCredential(tx, credentialId, { ...values, secretEnteredBy: null, updatedAt: clock.now() });
    if (old) await deleteSecret(tx, old.secretId);
    await updateAwsRecord(tx, credentialId, place);
    record({ kind: 'aws_record.changed', subject: { credentialId, fields: ['secret', 'endpoint'] } });
    const row = await findAwsRecord(tx, credentialId);
    if (!row) throw new Unexpected('A credential named demo-aws is no AWS record. Rename it.');
    return { credentialId, number: row.number };
  }
  const recordTypeId = builtInRecordTypes.aws_access_key;
  const values = { id: credentialId, name, type: 'aws_access_key' as const, username: accessKeyId, recordTypeId };
  await insertCredential(tx, { ...values, secretId: sealed.id });
  const about = { partition: 'aws', regions: [], services: [], tags: {}, allowCustomerNames: false };
  const number = await insertAwsRecord(tx, credentialId, about);
  await updateAwsRecord(tx, credentialId, place);
  record({ kind: 'aws_record.created', subject: { credentialId, name, accessKeyId, partition: 'aws' } });
  record({ kind: 'aws_record.endpoint_changed', subject: { credentialId, from: null, to: endpoint } });
  return { credentialId, number };
}

type Granting = { credentialId: CredentialId; user: PersonId; admin: PersonId; policyId: PolicyId };

async function seedGrant(
  tx: Tx,
  { clock }: Context,
  record: RecordEvent,
  { credentialId, user: personId, admin: actorId, policyId }: Granting,
): Promise<void> {
  if (await hasGrantOn(tx, credentialId)) return;
  const whom = { personId, groupId: null, computerId: null, credentialId };
  const how = { policyId, accessLevelId: null, startsAt: null, endsAt: null };
  await addGrant(tx, record, { ...whom, ...how }, { actorId, now: clock.now() });
}

async function seedToken(
  tx: Tx,
  { keyring, clock }: Context,
  record: RecordEvent,
  personId: PersonId,
  previous: AwsFile | undefined,
): Promise<{ tokenId: string; secret: string }> {
  const now = clock.now();
  const living = (await listApiTokensOf(tx, personId, 100)).find(
    ({ tokenId, revokedAt, expiresAt }) => tokenId === previous?.tokenId && !revokedAt && expiresAt > now,
  );
  if (living && previous) return { tokenId: previous.tokenId, secret: previous.secret };
  const id = newId<ApiTokenId>(now.getTime());
  const [tokenId, secret] = [newTokenId(), newTokenSecret()];
  const sealed = sealTokenSecret(keyring, id, secret);
  await insertSecret(tx, sealed);
  const about = { tokenId, name: 'Demo', scopes: ['aws' as const], networks: [] };
  const expiresAt = new Date(now.getTime() + tokenDays * dayMs);
  const whose = { personId, createdIn: null, createdAt: now };
  await insertApiToken(tx, { id, ...about, ...whose, secretId: sealed.id, expiresAt }, []);
  const subject = { apiTokenId: id, ...about, credentialIds: [], expiresAt: expiresAt.toISOString() };
  record({ kind: 'api_token.created', subject });
  return { tokenId, secret };
}
