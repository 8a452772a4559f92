import { randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { Actor } from '../../server/context.ts';
import {
  type AccessLevelId,
  type ApiTokenId,
  type ComputerGuid,
  type CredentialId,
  type GrantId,
  type GroupId,
  type LoginSessionId,
  newId,
  type PersonId,
  type PolicyId,
  type SecretId,
  type SessionId,
} from '../../server/ids.ts';
import type { Role } from '../../server/protocol/session-words.ts';
import { type AwsKeys, sealAwsKeys } from '../../server/vault/aws-keys.ts';
import type { Keyring } from '../../server/vault/keyring.ts';
import { sealTokenSecret } from '../../server/vault/token-secret.ts';
import type { Tx } from '../connect.ts';
import { insertCredentialTarget } from '../queries/credential-targets.ts';
import { insertSecret } from '../queries/secrets.ts';
import {
  accessLevels,
  apiTokenRecords,
  apiTokens,
  awsRecords,
  builtInRecordTypes,
  computers,
  credentials,
  grants,
  groupMembers,
  groups,
  loginSessions,
  type PolicySnapshot,
  people,
  policies,
  recordings,
  secrets,
  sessions,
} from '../schema.ts';

// Rows that hold together, written past the use cases. What a test does not care about is made up and unique.

export type PersonRow = typeof people.$inferSelect;
export type LoginRow = typeof loginSessions.$inferSelect;
export type ComputerRow = typeof computers.$inferSelect;
export type PolicyRow = typeof policies.$inferSelect;
export type GrantRow = typeof grants.$inferSelect;
export type SessionRow = typeof sessions.$inferSelect;

const hourMs = 3_600_000;
const unique = (word: string) => `${word}-${randomBytes(4).toString('hex')}`;

function only<T>(rows: T[]): T {
  const [row] = rows;
  if (!row) throw new Error('The insert gave no row back.');
  return row;
}

/** A person who may not sign in with any password unless `passwordHash` is given. */
export async function aPerson(tx: Tx, given: Partial<typeof people.$inferInsert> = {}): Promise<PersonRow> {
  const name = given.name ?? unique('person');
  const values = {
    id: newId<PersonId>(),
    name,
    email: `${unique('mail')}@example.org`,
    passwordHash: '!',
    roles: ['user'],
  };
  return only(
    await tx
      .insert(people)
      .values({ ...values, ...given } as typeof people.$inferInsert)
      .returning(),
  );
}

export async function aLogin(
  tx: Tx,
  person: { id: PersonRow['id'] },
  given: Partial<typeof loginSessions.$inferInsert> = {},
): Promise<LoginRow> {
  const expiresAt = new Date(Date.now() + 12 * hourMs);
  return only(
    await tx
      .insert(loginSessions)
      .values({ id: newId<LoginSessionId>(), personId: person.id, expiresAt, ...given })
      .returning(),
  );
}

/** A signed-in person without the road through the password and the cookie: the proof is forged here, for tests alone. */
export async function anActor(
  tx: Tx,
  roles: Role[] = ['user'],
  given: Partial<typeof people.$inferInsert> = {},
): Promise<Actor> {
  const person = await aPerson(tx, { roles, ...given });
  return actorOf(person, await aLogin(tx, person));
}

export function actorOf(person: PersonRow, login: LoginRow): Actor {
  return { person, login } as unknown as Actor;
}

export async function aGroup(tx: Tx, members: { id: PersonRow['id'] }[] = [], name = unique('group')) {
  const group = only(await tx.insert(groups).values({ id: newId<GroupId>(), name }).returning());
  for (const member of members) await tx.insert(groupMembers).values({ groupId: group.id, personId: member.id });
  return group;
}

/** A shared credential whose secret opens for nobody; seal a real one where the test releases it. */
export async function aCredential(tx: Tx, given: Partial<typeof credentials.$inferInsert> = {}) {
  const secret = { id: newId<SecretId>(), purpose: 'credential', nonce: randomBytes(12), ciphertext: randomBytes(32) };
  const { id: secretId } = only(await tx.insert(secrets).values(secret).returning());
  return only(
    await tx
      .insert(credentials)
      .values({
        id: newId<CredentialId>(),
        name: unique('credential'),
        type: 'password',
        recordTypeId: builtInRecordTypes[given.type ?? 'password'],
        username: 'root',
        secretId,
        ...given,
      })
      .returning(),
  );
}

/** A computer with a shared credential, unless `sharedCredentialId: null` is given. */
export async function aComputer(tx: Tx, given: Partial<typeof computers.$inferInsert> = {}): Promise<ComputerRow> {
  const sharedCredentialId =
    given.sharedCredentialId === undefined ? (await aCredential(tx)).id : given.sharedCredentialId;
  const computer = only(
    await tx
      .insert(computers)
      .values({
        guid: newId<ComputerGuid>(),
        name: unique('computer'),
        mode: 'SSH',
        server: '192.0.2.10',
        port: 22,
        ...given,
        sharedCredentialId,
      })
      .returning(),
  );
  const { server, port } = computer;
  if (sharedCredentialId) await insertCredentialTarget(tx, { credentialId: sharedCredentialId, server, port });
  return computer;
}

export async function aPolicy(tx: Tx, given: Partial<typeof policies.$inferInsert> = {}): Promise<PolicyRow> {
  return only(
    await tx
      .insert(policies)
      .values({ id: newId<PolicyId>(), name: unique('policy'), ...given })
      .returning(),
  );
}

export async function anAccessLevel(tx: Tx, given: Partial<typeof accessLevels.$inferInsert> = {}) {
  return only(
    await tx
      .insert(accessLevels)
      .values({ id: newId<AccessLevelId>(), name: unique('level'), ...given })
      .returning(),
  );
}

/**
 * A grant for a person or a group (`{groupId}`) on a computer or on an AWS record (`{credentialId}`), in force, under a
 * policy of its own unless given.
 */
export async function aGrant(tx: Tx, given: Partial<typeof grants.$inferInsert>): Promise<GrantRow> {
  const policyId = given.policyId ?? (await aPolicy(tx)).id;
  return only(
    await tx
      .insert(grants)
      .values({ id: newId<GrantId>(), ...given, policyId })
      .returning(),
  );
}

export function snapshotOf(policy: PolicyRow): PolicySnapshot {
  const { id, name, recording, recordInput, allowCopy, allowPaste, trustFirstHostKey, masterPassword } = policy;
  return { policyId: id, name, recording, recordInput, allowCopy, allowPaste, trustFirstHostKey, masterPassword };
}

/** A session of this actor with everything it stands on: computer, policy, grant. `requested` unless given. */
export async function aSession(
  tx: Tx,
  actor: { person: { id: PersonRow['id'] }; login: { id: LoginRow['id'] } },
  given: Partial<typeof sessions.$inferInsert> = {},
): Promise<SessionRow & { computerId: ComputerRow['id'] }> {
  const computerId = given.computerId ?? (await aComputer(tx)).id;
  const [computer] = await tx.select().from(computers).where(eq(computers.id, computerId));
  const policy = await aPolicy(tx);
  const grantId =
    given.grantId ?? (await aGrant(tx, { personId: actor.person.id, computerId, policyId: policy.id })).id;
  const session = only(
    await tx
      .insert(sessions)
      .values({
        id: newId<SessionId>(),
        personId: actor.person.id,
        loginSessionId: actor.login.id,
        policy: snapshotOf(policy),
        mode: 'SSH',
        leaseUntil: new Date(Date.now() + 60_000),
        credentialId: computer?.sharedCredentialId ?? null,
        ...given,
        computerId,
        grantId,
      })
      .returning(),
  );
  return { ...session, computerId };
}

export async function aRecording(
  tx: Tx,
  session: { id: SessionRow['id'] },
  given: Partial<typeof recordings.$inferInsert> = {},
) {
  const values = { sessionId: session.id, path: `2026/01/01/${session.id}`, startedAt: new Date() };
  return only(
    await tx
      .insert(recordings)
      .values({ ...values, ...given })
      .returning(),
  );
}

/** An AWS record whose keys open with `keyring`; named by `record.number`. */
export async function anAwsRecord(
  tx: Tx,
  keyring: Keyring,
  {
    keys = { secretAccessKey: randomBytes(30).toString('base64') },
    credential: given = {},
    ...record
  }: Partial<typeof awsRecords.$inferInsert> & {
    keys?: AwsKeys;
    credential?: Partial<typeof credentials.$inferInsert>;
  } = {},
) {
  const id = newId<CredentialId>();
  const sealed = sealAwsKeys(keyring, id, keys);
  await insertSecret(tx, sealed);
  const accessKeyId = `AKIA${randomBytes(8).toString('hex').toUpperCase()}`;
  const credential = only(
    await tx
      .insert(credentials)
      .values({
        id,
        name: unique('record'),
        type: 'aws_access_key',
        recordTypeId: builtInRecordTypes.aws_access_key,
        username: accessKeyId,
        secretId: sealed.id,
        ...given,
      })
      .returning(),
  );
  const row = only(
    await tx
      .insert(awsRecords)
      .values({ ...record, credentialId: id })
      .returning(),
  );
  return { credential, record: row, keys };
}

/** A living token of this person for AWS, whose secret opens with `keyring`. `records`: the only ones it is for. */
export async function anApiToken(
  tx: Tx,
  keyring: Keyring,
  person: { id: PersonRow['id'] },
  {
    secret = randomBytes(30).toString('base64url'),
    records = [],
    ...given
  }: Partial<typeof apiTokens.$inferInsert> & { secret?: string; records?: CredentialId[] } = {},
) {
  const id = newId<ApiTokenId>();
  const sealed = sealTokenSecret(keyring, id, secret);
  await insertSecret(tx, sealed);
  const values = {
    tokenId: unique('TOKEN'),
    name: unique('token'),
    scopes: ['aws' as const],
    createdAt: new Date(),
    expiresAt: new Date(Date.now() + 24 * hourMs),
  };
  const token = only(
    await tx
      .insert(apiTokens)
      .values({ ...values, ...given, id, personId: person.id, secretId: sealed.id })
      .returning(),
  );
  for (const credentialId of records) await tx.insert(apiTokenRecords).values({ apiTokenId: id, credentialId });
  return { token, secret };
}

/** A session of calls that runs, with a grant of its own unless given. */
export async function anAwsSession(
  tx: Tx,
  token: Pick<typeof apiTokens.$inferSelect, 'id' | 'personId'>,
  credentialId: CredentialId,
  given: Partial<typeof sessions.$inferInsert> = {},
): Promise<SessionRow> {
  const { personId } = token;
  const policy = await aPolicy(tx);
  const grantId = given.grantId ?? (await aGrant(tx, { personId, credentialId, policyId: policy.id })).id;
  const now = new Date();
  return only(
    await tx
      .insert(sessions)
      .values({
        id: newId<SessionId>(),
        personId,
        apiTokenId: token.id,
        credentialId,
        policy: snapshotOf(policy),
        mode: 'AWS',
        state: 'active',
        leaseUntil: new Date(now.getTime() + 60_000),
        requestedAt: now,
        openedAt: now,
        ...given,
        grantId,
      })
      .returning(),
  );
}
