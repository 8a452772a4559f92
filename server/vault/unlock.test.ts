/*
 * A master password opens a person's key; an unlock lets one browser do it again without asking, for at most 8 hours. The
 * key of an unlock is in the browser alone and works under the very sign-in it was made for. A stolen session cookie
 * without it opens nothing; it opens nothing under another sign-in, of the same person or another; and whatever ends the
 * sign-in, the account or the password ends the unlock. Guesses are slowed down, audited, and never written anywhere.
 */
import { randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { insertSecret } from '../../db/queries/secrets.ts';
import { personKeys, secretRecipients, secrets, unlocks } from '../../db/schema.ts';
import { actorOf, aLogin, anActor, aPerson, type PersonRow } from '../../db/testing/builders.ts';
import { type TestClock, testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import type { SecretId } from '../ids.ts';
import { setPersonDisabled } from '../people/change-person.ts';
import { revokeLogin } from '../people/revoke-login.ts';
import { setPassword } from '../people/set-password.ts';
import { openWithMasterPassword } from './master-password.ts';
import { openForSystem } from './open.ts';
import { openPrivateKey, sealPrivateKey } from './person-key.ts';
import { sealForPerson } from './seal-for-person.ts';
import type { PersonKey } from './sealed-person-key.ts';
import { masterPassword, withMasterPassword } from './testing/master-password.ts';
import { lock, openWithUnlock, unlock } from './unlock.ts';

const hourMs = 3_600_000;
let database: TestDatabase;
let ctx: Context & { clock: TestClock };
let logged: unknown[];
let person: PersonRow;
let actor: Actor;
let key: PersonKey;
let secretId: SecretId;

beforeAll(async () => {
  database = await testDatabase();
});

afterAll(() => database.close());

beforeEach(async () => {
  logged = [];
  const note = (...line: unknown[]) => void logged.push(...line);
  ctx = { ...testContext(database.connection), log: { debug: note, info: note, warn: note, error: note } };
  const { db } = database.connection;
  person = await aPerson(db);
  actor = await anotherSignIn();
  key = await withMasterPassword(ctx, person.id);
  const secret = sealForPerson(key, 'a test', Buffer.from('what only they may read'));
  await insertSecret(db, secret);
  secretId = secret.id;
});

async function anotherSignIn(of = person): Promise<Actor> {
  const expiresAt = new Date(ctx.clock.now().getTime() + 12 * hourMs);
  return actorOf(of, await aLogin(database.connection.db, of, { expiresAt }));
}

const unlocked = async (by = actor) => valueIn(await unlock(ctx, by, { password: masterPassword })).cookie;

/** What the handle reads, or why there is none. */
async function read(by: Actor, cookie: string | undefined): Promise<string> {
  const opened = await openWithUnlock(ctx, by, cookie);
  if (!opened.ok) return opened.code;
  using handle = opened.value;
  const text = await handle.open(secretId, 'a test');
  return text.ok ? text.value.toString() : text.code;
}

async function events(kind: string) {
  const rows = await database.connection.sql<{ subject: object }[]>`
    select subject from audit_events where kind = ${kind} and actor_id = ${person.id} order by seq`;
  return rows.map(({ subject }) => subject);
}

async function unlockRows(): Promise<number> {
  return (await database.connection.db.select().from(unlocks).where(eq(unlocks.personId, person.id))).length;
}

describe('the master password', () => {
  test('opens what was sealed for its person, until the handle is disposed of', async () => {
    const handle = valueIn(await openWithMasterPassword(ctx, person.id, masterPassword));
    expect(handle).toMatchObject({ personId: person.id, proof: 'master_password' });
    expect(valueIn(await handle.open(secretId, 'a test')).toString()).toBe('what only they may read');
    expect(await handle.open(secretId, 'another purpose')).toEqual({ ok: false, code: 'unavailable' });
    handle[Symbol.dispose]();
    await expect(handle.open(secretId, 'a test')).rejects.toThrow(TypeError);
  });

  test('of somebody who has none is not guessed at', async () => {
    const other = await aPerson(database.connection.db);
    expect(await openWithMasterPassword(ctx, other.id, masterPassword)).toMatchObject({ code: 'no_master_password' });
  });

  test('of one person does not open what is sealed for another', async () => {
    const other = await aPerson(database.connection.db);
    await withMasterPassword(ctx, other.id);
    using handle = valueIn(await openWithMasterPassword(ctx, other.id, masterPassword));
    expect(await handle.open(secretId, 'a test')).toEqual({ ok: false, code: 'unavailable' });
  });

  test('when wrong: refused, slowed down, audited, and written nowhere', async () => {
    const guess = 'a guess that nobody may read';
    for (let n = 0; n < 6; n++) {
      expect(await openWithMasterPassword(ctx, person.id, guess)).toEqual({
        ok: false,
        code: 'invalid_master_password',
      });
    }
    const blocked = await openWithMasterPassword(ctx, person.id, masterPassword);
    expect(blocked).toMatchObject({ code: 'too_many_attempts', params: { seconds: 1 } });
    await openWithMasterPassword(ctx, person.id, masterPassword);
    expect(await events('master_password.failed')).toEqual([
      ...Array.from({ length: 6 }, () => ({ personId: person.id, why: 'password' })),
      { personId: person.id, why: 'throttled' },
    ]);
    const [dump] = await database.connection.sql<
      { text: string }[]
    >`select string_agg(t::text, '') as text from audit_events t`;
    expect(dump?.text).not.toContain(guess);
    expect(JSON.stringify(logged)).not.toContain(guess);

    ctx.clock.advance(1000);
    valueIn(await openWithMasterPassword(ctx, person.id, masterPassword))[Symbol.dispose]();
    expect(await openWithMasterPassword(ctx, person.id, guess)).toMatchObject({ code: 'invalid_master_password' });
  });

  test('a hundred guesses at once are not all judged by the old count', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => openWithMasterPassword(ctx, person.id, 'a wrong password')),
    );
    const judged = answers.filter((answer) => !answer.ok && answer.code === 'invalid_master_password');
    expect(judged.length).toBeLessThanOrEqual(6);
  });

  test('of a key that was sealed at less cost seals it again at the present one', async () => {
    const { hashRaw } = await import('@node-rs/argon2');
    const { encrypt } = await import('./aes-gcm.ts');
    const privateKey = (await openPrivateKey(key, masterPassword))!;
    const kdf = { memoryKib: 8192, passes: 1, lanes: 1 };
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
    const bound = JSON.stringify(['sallyport.person-key.v1', person.id, hex(key.publicKey), hex(key.salt), 8192, 1, 1]);
    const options = { salt: key.salt, memoryCost: 8192, timeCost: 1, parallelism: 1, outputLen: 32 };
    const weak = await hashRaw(masterPassword, options);
    const sealedPrivateKey = encrypt(weak, key.nonce, privateKey, Buffer.from(bound));
    await database.connection.db
      .update(personKeys)
      .set({ kdf, sealedPrivateKey })
      .where(eq(personKeys.personId, person.id));

    expect(await read(actor, await unlocked())).toBe('what only they may read');
    const [row] = await database.connection.db.select().from(personKeys).where(eq(personKeys.personId, person.id));
    expect(row?.kdf).toEqual(key.kdf);
    expect(await openPrivateKey(row!, masterPassword)).toEqual(privateKey);
  });
});

describe('an unlock', () => {
  test('opens without the password, under the sign-in it was made for', async () => {
    const cookie = await unlocked();
    expect(cookie).toMatch(/^[\w-]{43}$/);
    expect(await read(actor, cookie)).toBe('what only they may read');
    using handle = valueIn(await openWithUnlock(ctx, actor, cookie));
    expect(handle.proof).toBe('unlock');
  });

  test('lasts 8 hours, and no longer than the sign-in', async () => {
    const cookie = await unlocked();
    ctx.clock.advance(8 * hourMs - 1);
    expect(await read(actor, cookie)).toBe('what only they may read');
    ctx.clock.advance(1);
    expect(await read(actor, cookie)).toBe('locked');

    const { until } = valueIn(await unlock(ctx, actor, { password: masterPassword }));
    expect(until).toEqual(actor.login.expiresAt);
  });

  test('takes the place of the one before it; there is one for a sign-in', async () => {
    const [first, second] = [await unlocked(), await unlocked()];
    expect(await read(actor, first)).toBe('locked');
    expect(await read(actor, second)).toBe('what only they may read');
    expect(await unlockRows()).toBe(1);
  });

  test('is ended by Lock, and both are in the audit log without the key', async () => {
    const cookie = await unlocked();
    valueIn(await lock(ctx, actor));
    valueIn(await lock(ctx, actor));
    expect(await read(actor, cookie)).toBe('locked');
    expect(await events('vault.unlocked')).toHaveLength(1);
    expect(await events('vault.locked')).toEqual([{ loginSessionId: actor.login.id }]);
    expect(JSON.stringify(await events('vault.unlocked'))).not.toContain(cookie);
  });

  test('needs the right password', async () => {
    expect(await unlock(ctx, actor, { password: 'not this one at all' })).toMatchObject({
      code: 'invalid_master_password',
    });
    expect(await unlockRows()).toBe(0);
  });
});

describe('an attacker', () => {
  test('with a stolen session cookie, but without the unlock key, opens nothing', async () => {
    await unlocked();
    expect(await read(actor, undefined)).toBe('locked');
    for (const made of ['', 'x', randomBytes(32).toString('base64url'), '!'.repeat(43), `${'A'.repeat(42)}=`]) {
      expect(await read(actor, made)).toBe('locked');
    }
  });

  test('with a stolen unlock key under another sign-in, of the same person or their own, opens nothing', async () => {
    const cookie = await unlocked();
    expect(await read(await anotherSignIn(), cookie)).toBe('locked');
    const thief = await aPerson(database.connection.db);
    await withMasterPassword(ctx, thief.id);
    const thiefs = await anotherSignIn(thief);
    expect(await read(thiefs, cookie)).toBe('locked');
    await unlocked(thiefs);
    expect(await read(thiefs, cookie)).toBe('locked');
  });

  test('who moves the row to their own sign-in, or makes it last, opens nothing with the right key', async () => {
    const { db } = database.connection;
    const cookie = await unlocked();
    const other = await anotherSignIn();
    const mine = eq(unlocks.loginSessionId, actor.login.id);
    await db
      .update(unlocks)
      .set({ expiresAt: new Date(ctx.clock.now().getTime() + 90 * hourMs) })
      .where(mine);
    expect(await read(actor, cookie)).toBe('locked');

    const again = await unlocked();
    await db.update(unlocks).set({ loginSessionId: other.login.id }).where(mine);
    expect(await read(other, again)).toBe('locked');
  });

  test('with the database and the keyring, but neither password nor unlock key, opens nothing', async () => {
    const { db } = database.connection;
    await unlocked();
    const [secret] = await db.select().from(secrets).where(eq(secrets.id, secretId));
    const recipients = await db.select().from(secretRecipients).where(eq(secretRecipients.secretId, secretId));
    expect(recipients.map(({ kind }) => kind)).toEqual(['person']);
    for (const kind of ['person', 'system'] as const) {
      const claimed = recipients.map((recipient) => ({ ...recipient, kind, keyId: ctx.keyring.system.id }));
      const opened = openForSystem(ctx.keyring, 'a test', { ...secret!, recipients: claimed });
      expect(opened.ok).toBe(false);
    }
    // Every row, searched for what would open the secret: the private key is in none of them as it is.
    const privateKey = (await openPrivateKey(key, masterPassword))!;
    const [keys] = await database.connection.sql<{ all: string }[]>`
      select (select string_agg(k::text, '') from person_keys k) || (select string_agg(u::text, '') from unlocks u)
        || (select string_agg(s::text, '') from secrets s) || (select string_agg(r::text, '') from secret_recipients r) as all`;
    expect(keys?.all).toContain(Buffer.from(key.publicKey).toString('hex'));
    expect(keys?.all).not.toContain(privateKey.toString('hex'));
    expect(keys?.all).not.toContain(Buffer.from(ctx.keyring.system.key).toString('hex'));
  });

  test('who puts a key pair of their own in the place of a person’s is noticed', async () => {
    const other = await aPerson(database.connection.db);
    const { personId: _, ...theirs } = await withMasterPassword(ctx, other.id, 'the attacker knows this one');
    await database.connection.db.update(personKeys).set(theirs).where(eq(personKeys.personId, person.id));
    const guess = await openWithMasterPassword(ctx, person.id, 'the attacker knows this one');
    expect(guess).toMatchObject({ code: 'invalid_master_password' });
  });
});

describe('it ends with', () => {
  let cookie: string;
  let admin: Actor;

  beforeEach(async () => {
    cookie = await unlocked();
    admin = await anActor(database.connection.db, ['admin']);
  });

  test('signing out, or the revocation of the sign-in', async () => {
    const other = await anotherSignIn();
    const others = await unlocked(other);
    valueIn(await revokeLogin(ctx, actor, { loginSessionId: actor.login.id }));
    expect(await read(actor, cookie)).toBe('locked');
    expect(await read(other, others)).toBe('what only they may read');
    expect(await unlockRows()).toBe(1);
  });

  test('a new sign-in password from an administrator', async () => {
    valueIn(await setPassword(ctx, admin, { personId: person.id, password: 'from the administrator' }));
    expect(await unlockRows()).toBe(0);
  });

  test('the person being disabled', async () => {
    valueIn(await setPersonDisabled(ctx, admin, { personId: person.id, disabled: true }));
    expect(await unlockRows()).toBe(0);
  });

  test('the key pair being taken away or sealed anew while Argon2 works', async () => {
    const { db } = database.connection;
    const privateKey = (await openPrivateKey(key, masterPassword))!;
    const changed = await sealPrivateKey(key, privateKey, 'another long password');
    await db.delete(unlocks).where(eq(unlocks.personId, person.id));
    const unlocking = unlock(ctx, actor, { password: masterPassword });
    await db.update(personKeys).set(changed).where(eq(personKeys.personId, person.id));
    expect((await unlocking).ok).toBe(false);
    expect(await unlockRows()).toBe(0);
  });
});
