/**
 * Somebody holds everything that is on disk. The database alone, its files and log included, shows no secret: not a
 * stored credential, not a password, not the handles of a launch, not the key of an unlock, and another keyring opens
 * none of it. With the keyring besides, shared credentials are theirs; personal ones are not without the master password.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPlace } from '../db/embedded/place.ts';
import { findSecret } from '../db/queries/secrets.ts';
import { valueIn } from '../db/testing/value-in.ts';
import type { Context } from '../server/context.ts';
import type { CredentialId, SecretId } from '../server/ids.ts';
import { CreateCredentialInputSchema } from '../server/inventory/credential-input.ts';
import { createPersonalCredential } from '../server/inventory/personal-credentials.ts';
import { openCredential } from '../server/vault/credential-secret.ts';
import { loadKeyring, loadOrCreateKeyring } from '../server/vault/keyring-file.ts';
import { openWithMasterPassword } from '../server/vault/master-password.ts';
import { openPersonalCredential } from '../server/vault/personal-credential.ts';
import { masterPassword } from '../server/vault/testing/master-password.ts';
import { arrange, expect, type House, test } from './test.ts';
import { newName } from './testbed/administration.ts';
import { actorIn, sentLaunch } from './testbed/launch-forms.ts';
import { dialog, LaunchPage, TerminalPage } from './testbed/pages.ts';

const sharedPassword = 'Shared-Harbour-7391-Quartz';
const personalPassword = 'Personal-Lantern-5528-Basalt';

/** Every row of every table, as text; bytes are hexadecimal in it. */
async function dumpOf({ connection: { sql } }: Context): Promise<string> {
  const tables = await sql<{ schema: string; name: string }[]>`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`;
  const dumps = await Promise.all(
    tables.map(async ({ schema, name }) => {
      const rows = await sql<{ row: string }[]>`select t::text as row from ${sql(schema)}.${sql(name)} t`;
      return rows.map(({ row }) => `${name} ${row}`).join('\n');
    }),
  );
  return dumps.join('\n');
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** How a text could stand in a dump or a file. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    bytes.toString('hex'),
    bytes.toString('base64').replace(/=+$/, ''),
    JSON.stringify(secret).slice(1, -1),
  ];
}

/** The names of the secrets that can be read in these bytes. */
function readable(bytes: Buffer, secrets: Record<string, string>): string[] {
  return Object.entries(secrets)
    .filter(([, secret]) => spellings(secret).some((spelling) => bytes.includes(spelling)))
    .map(([name]) => name);
}

/** Somebody who stored everything that can be stored, has unlocked, and works in a session. */
async function somebodyAtWork(
  { admin, hosts, account, stack }: House,
  page: import('@playwright/test').Page,
  person: Awaited<ReturnType<House['admin']['person']>>,
) {
  const actor = await actorIn(page, admin.ctx);
  const input = { name: newName('mine'), username: 'ada', type: 'password', password: personalPassword };
  const own = valueIn(
    await createPersonalCredential(admin.ctx, actor, CreateCredentialInputSchema.parse(input)),
  ).credentialId;
  const locked = await admin.computer(hosts.moody, { secret: { type: 'password', password: sharedPassword } });
  await admin.grant(person, locked);
  await page.goto('/');
  await page.getByRole('button', { name: 'Unlock' }).click();
  await dialog(page).getByLabel('Master password').fill(masterPassword);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Lock', exact: true })).toBeVisible();
  const unlockKey = (await page.context().cookies()).find(({ name }) => name === 'sallyport.unlock')?.value ?? '';
  // Every key of this kind begins with the same line.
  const keyLine = account.privateKey.split('\n')[3] ?? '';
  const known = { sharedPassword, personalPassword, masterPassword, unlockKey, keyLine, password: person.password };
  expect(Object.values(known).every((secret) => secret.length > 12)).toBe(true);
  return { own, locked, known, baseUrl: stack.baseUrl };
}

test('a dump of the database, its files and everything else on disk show no secret', async ({ house, signedIn }) => {
  const { person, computer } = await arrange(house);
  const { ctx } = house.admin;
  const page = await signedIn(person);
  const { known } = await somebodyAtWork(house, page, person);
  await page.reload();
  const opened = page.context().waitForEvent('page');
  const form = await sentLaunch(page, () => page.getByRole('button', { name: `Connect to ${computer.name}` }).click());
  const launch = new LaunchPage(await opened);
  await launch.arrived();
  const secrets = { ...known, apiKey: form.ApiKey ?? '', applicationKey: form.ApiApplicationKey ?? '' };
  const whileItWaits = await dumpOf(ctx);
  await launch.open(masterPassword);
  const terminal = new TerminalPage(launch.page);
  await terminal.open();
  const whileItRuns = await dumpOf(ctx);
  await terminal.page.getByRole('button', { name: 'Disconnect' }).click();
  await terminal.ended('closed');

  for (const dump of [whileItWaits, whileItRuns, await dumpOf(ctx)]) {
    expect(dump).toContain(person.email);
    expect(readable(Buffer.from(dump), secrets)).toEqual([]);
  }
  await ctx.connection.sql`checkpoint`;
  const place = await readPlace(house.stack.dataDir);
  const found = [house.stack.dataDir, place?.directory ?? ''].flatMap(filesBelow).flatMap((path) => {
    // The demo's own people are in there, and no secret of this test; sockets and files that went meanwhile are nothing.
    const bytes = statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path) : Buffer.alloc(0);
    return readable(bytes, secrets).map((name) => `${name} in ${path}`);
  });
  expect(found).toEqual([]);
  expect(readable(Buffer.from(house.stack.words), secrets)).toEqual([]);
});

test('the keyring opens shared credentials, and another keyring opens none', async ({ house, signedIn, later }) => {
  const { person } = await arrange(house);
  const page = await signedIn(person);
  const { ctx } = house.admin;
  const { locked } = await somebodyAtWork(house, page, person);
  const [row] = await ctx.connection.sql<{ id: CredentialId; secret_id: SecretId }[]>`
    select c.id, c.secret_id from credentials c join computers m on m.shared_credential_id = c.id where m.id = ${locked.id}`;
  const sealed = await findSecret(ctx.connection.db, row?.secret_id ?? null);
  if (!row || !sealed) throw new Error('The shared credential was not stored.');
  const ours = await loadKeyring(join(house.stack.dataDir, 'keyring.json'));
  expect(openCredential(ours, row.id, sealed)).toMatchObject({ ok: true, secret: { password: sharedPassword } });

  const folder = await mkdtemp(join(tmpdir(), 'sp-e2e-keyring-'));
  later(() => rm(folder, { recursive: true }));
  const another = await loadOrCreateKeyring(join(folder, 'keyring.json'));
  expect(openCredential(another, row.id, sealed)).toEqual({ ok: false, why: 'not_for_us' });
  // Nor does ours open it for anything else than what it was sealed for.
  const elsewhere = '0190b6a0-0000-7000-8000-000000000001' as CredentialId;
  expect(openCredential(ours, elsewhere, sealed)).toEqual({ ok: false, why: 'altered' });
});

test('database and keyring together open no personal credential without the master password', async ({
  house,
  signedIn,
}) => {
  const { person } = await arrange(house);
  const page = await signedIn(person);
  const { ctx } = house.admin;
  const { own } = await somebodyAtWork(house, page, person);
  const [row] = await ctx.connection.sql<
    { secret_id: SecretId }[]
  >`select secret_id from credentials where id = ${own}`;
  const sealed = await findSecret(ctx.connection.db, row?.secret_id ?? null);
  if (!sealed) throw new Error('The personal credential was not stored.');
  expect(sealed.recipients.map(({ kind }) => kind)).toEqual(['person']);
  const keyring = await loadKeyring(join(house.stack.dataDir, 'keyring.json'));
  expect(openCredential(keyring, own, sealed)).toMatchObject({ ok: false });

  for (const guess of ['', person.password, masterPassword.toUpperCase(), `${masterPassword} `]) {
    expect(await openWithMasterPassword(ctx, person.id, guess)).toMatchObject({ ok: false });
  }
  // The control: with the master password, and only with it, the same call opens the same row.
  await ctx.connection.sql`delete from throttles where key like ${`%${person.id}%`}`;
  using handle = valueIn(await openWithMasterPassword(ctx, person.id, masterPassword));
  expect(valueIn(await openPersonalCredential(ctx, handle, own))).toMatchObject({
    secret: { password: personalPassword },
  });
});
