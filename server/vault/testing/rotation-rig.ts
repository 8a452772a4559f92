import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect } from 'vitest';
import { insertJob } from '../../../db/queries/jobs.ts';
import { insertLaunch } from '../../../db/queries/launches.ts';
import { findSecret, insertSecret } from '../../../db/queries/secrets.ts';
import { auditEvents, jobs, launches, personKeys, sessions } from '../../../db/schema.ts';
import { anActor, aSession } from '../../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../../db/testing/database.ts';
import type { Context } from '../../context.ts';
import { type CredentialId, type JobId, type LaunchId, newId } from '../../ids.ts';
import { endSessionKind, owedEndPurpose, sealOwedEnd } from '../../launch/end-session-job.ts';
import { launchKeysPurpose } from '../../launch/receive-launch.ts';
import { openCredential, sealCredential } from '../credential-secret.ts';
import type { Keyring } from '../keyring.ts';
import { loadKeyring, loadOrCreateKeyring, readKeyringFile, replaceKeyring } from '../keyring-file.ts';
import { followKeyring, type LiveKeyring } from '../live-keyring.ts';
import { isAttested } from '../person-key.ts';
import { type Rotation, RotationStopped, rotateKeyring } from '../rotate-keyring.ts';
import { openText, sealText } from '../seal-text.ts';
import { withMasterPassword } from './master-password.ts';

let folder: string;

/** What every test of a rotation begins with: an installation with a keyring, made anew for each. */
export let path: string;
export let database: TestDatabase;
export let ctx: Context;
export let before: Keyring;
/** The keyrings that `aProcess` follows. */
export let live: LiveKeyring[];

/** Makes and removes that installation around each test of the file that calls it. */
export function anInstallationForEach(): void {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-rotate-'));
    path = join(folder, 'keyring.json');
    database = await testDatabase();
    before = await loadOrCreateKeyring(path);
    ctx = { ...database.context(), keyring: before };
    live = [];
  });
  afterEach(async () => {
    for (const each of live) await each.stop();
    await database.close();
    await rm(folder, { recursive: true });
  });
}

/** A process that follows the keyring as those of the program do. */
export async function aProcess(read = () => loadKeyring(path), name = 'sallyport gateway keyring'): Promise<Keyring> {
  const { connection } = database;
  const followed = await followKeyring({ databaseUrl: database.appUrl, connection, name, read, log: ctx.log });
  live.push(followed);
  return followed.keyring;
}

type Given = Partial<Rotation> & { lines?: string[] };

export async function rotate({ lines = [], ...given }: Given = {}): Promise<string[]> {
  const file = await readKeyringFile(path);
  if (!file) throw new Error('There is a keyring.');
  return rotateKeyring({
    content: file.content,
    write: (content) => replaceKeyring(path, content),
    db: database.connection.db,
    audit: ctx.audit,
    clock: ctx.clock,
    systemUser: 'root',
    tell: (line) => void lines.push(line),
    patienceMs: 5_000,
    settleMs: 0,
    ...given,
  });
}

export const owed = {
  apiUrl: 'https://api.example',
  apiKey: 'key',
  apiApplicationKey: newId<string>(),
  computer: '1',
  credential: newId<string>(),
  loginsessionid: newId<string>(),
  checkout: newId<string>(),
  mode: 'SSH',
};
const claims = {
  computerId: 1,
  isPersonalCred: false,
  checkOutId: newId<string>(),
  loginSessionId: newId<string>(),
  apiUrl: 'https://api.example',
  mode: 'SSH',
  credentialId: newId<string>(),
  width: 800,
  height: 600,
  dpi: 96,
  delaySeconds: 0,
} as const;

/** Something of each kind that a system key holds; answers how to see that all of it opens with a keyring. */
export async function somethingOfEverything(keyring = before) {
  const { db } = database.connection;
  const credentialId = newId<CredentialId>();
  const secret = sealCredential(keyring, credentialId, { type: 'password', password: 'pässword' });
  await insertSecret(db, secret);
  const launchId = newId<LaunchId>();
  const times = { createdAt: new Date(), expiresAt: new Date(Date.now() + 60_000) };
  const sealedKeys = sealText(keyring, launchKeysPurpose(launchId), 'ApiKey');
  await insertLaunch(db, { id: launchId, origin: null, claims, sealedKeys, ...times });
  const person = await anActor(db);
  const asking = await aSession(db, person);
  await db
    .update(sessions)
    .set({ endOwed: sealOwedEnd(keyring, asking.id, owed) })
    .where(eq(sessions.id, asking.id));
  const ended = await aSession(db, person);
  const jobId = newId<JobId>();
  await insertJob(db, {
    id: jobId,
    kind: endSessionKind,
    key: ended.id,
    sessionId: ended.id,
    payload: sealOwedEnd(keyring, ended.id, owed),
    dueAt: times.expiresAt,
    giveUpAt: times.expiresAt,
    createdAt: times.createdAt,
  });
  await withMasterPassword({ ...ctx, keyring }, person.person.id);

  return async (opening: Keyring): Promise<Record<string, boolean>> => {
    const [launch] = await db.select().from(launches).where(eq(launches.id, launchId));
    const [session] = await db.select().from(sessions).where(eq(sessions.id, asking.id));
    const [job] = await db.select().from(jobs).where(eq(jobs.id, jobId));
    const [key] = await db.select().from(personKeys).where(eq(personKeys.personId, person.person.id));
    const stored = await findSecret(db, secret.id);
    const opened = stored && openCredential(opening, credentialId, stored);
    if (!launch || !session?.endOwed || !job?.payload || !key) throw new Error('Something of it is gone.');
    return {
      secret: opened?.ok === true && opened.secret.type === 'password' && opened.secret.password === 'pässword',
      launch: openText(opening, launchKeysPurpose(launchId), launch.sealedKeys) === 'ApiKey',
      session: openText(opening, owedEndPurpose(asking.id), session.endOwed) === JSON.stringify(owed),
      job: openText(opening, owedEndPurpose(ended.id), job.payload) === JSON.stringify(owed),
      personKey: isAttested(opening, key),
    };
  };
}

export const all = { secret: true, launch: true, session: true, job: true, personKey: true };
export const none = { secret: false, launch: false, session: false, job: false, personKey: false };
export const kindsOfAudit = async () =>
  (await database.connection.db.select().from(auditEvents))
    .map(({ kind }) => kind)
    .filter((kind) => /keyring/.test(kind));

/** The message of the refusal with which a rotation stops. */
export async function stopped(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(RotationStopped);
  return (error as RotationStopped).message;
}
