import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type Connection, connect } from '../../../db/connect.ts';
import { insertSecret } from '../../../db/queries/secrets.ts';
import { recordings } from '../../../db/schema.ts';
import { anActor, aSession } from '../../../db/testing/builders.ts';
import { testContext } from '../../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../../db/testing/database.ts';
import { databasePlaceholder } from '../../../db/testing/test-server.ts';
import type { Config } from '../../config/config.ts';
import type { Actor, Context } from '../../context.ts';
import type { SecretId } from '../../ids.ts';
import { hashPassword } from '../../people/passwords.ts';
import { keepPublicKey } from '../../recording/public-key.ts';
import { createRecordingStore } from '../../recording/store.ts';
import type { Keyring } from '../../vault/keyring.ts';
import { loadOrCreateKeyring } from '../../vault/keyring-file.ts';
import { sealForSystem } from '../../vault/seal.ts';

export const password = 'correct horse battery';
const rootDir = join(import.meta.dirname, '../../..');

/** Where an installation of a test has its things; all of it is below one folder that goes with the test. */
function configIn(home: string, given: Partial<Config> = {}): Config {
  const dataDir = join(home, 'data');
  const places = { rootDir, dataDir, recordingsDir: join(home, 'recordings'), keyringPath: join(home, 'keyring.json') };
  return { databaseUrl: null, databaseOwnerUrl: null, keyringKms: null, demo: false, ...places, ...given } as Config;
}

export type TestInstallation = AsyncDisposable & {
  config: Config;
  database: TestDatabase;
  /** As the owner. */
  owner: Connection;
  ctx: Context;
  keyring: Keyring;
  actor: Actor;
  email: string;
  secretId: SecretId;
  /** A session with a recording that goes on until `seal`; its segments are told to the log. */
  record(): Promise<{ path: string; say(text: string): Promise<void>; seal(): Promise<void> }>;
};

/** An installation as it is after some use: people, a secret, a log. Its database is a clone on the server of the tests. */
export async function anInstallation(): Promise<TestInstallation> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-installation-'));
  const database = await testDatabase();
  const config = configIn(home, { databaseUrl: database.appUrl, databaseOwnerUrl: database.ownerUrl });
  await mkdir(config.dataDir, { mode: 0o700 });
  const keyring = await loadOrCreateKeyring(config.keyringPath);
  await keepPublicKey(config.dataDir, keyring.recording.publicKeyPem);
  const owner = connect(database.ownerUrl, { max: 1 });
  await owner.sql`insert into installation (demo) values (false)`;
  const ctx = { ...testContext(database.connection), keyring };
  const { db } = database.connection;
  const actor = await anActor(db, ['user', 'admin'], { name: 'Ada', passwordHash: await hashPassword(password) });
  const sealed = sealForSystem(keyring, 'test', Buffer.from('what must come back'));
  await insertSecret(db, sealed);
  await ctx.audit.append({ kind: 'group.created', subject: { groupId: 'x', name: 'ops' } });

  return {
    config,
    database,
    owner,
    ctx,
    keyring,
    actor,
    email: actor.person.email,
    secretId: sealed.id,
    record: () => recordIn({ config, ctx, keyring, actor }),
    async [Symbol.asyncDispose]() {
      await owner.close();
      await database.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

type Recording = Pick<TestInstallation, 'config' | 'ctx' | 'keyring' | 'actor'>;

async function recordIn({ config, ctx, keyring, actor }: Recording) {
  const { db } = ctx.connection;
  const { id: sessionId } = await aSession(db, actor);
  const store = createRecordingStore({
    root: config.recordingsDir,
    key: keyring.recording,
    clock: { now: () => new Date() },
    monotonicMs: () => performance.now(),
    limits: { segmentBytes: 100, syncMs: 1, coalesceMs: 1 },
  });
  let told: Promise<void> = Promise.resolve();
  let onSegment = () => {};
  const anchor = (seq: number, head: string) =>
    ctx.audit.append({ kind: 'recording.segment', sessionId, subject: { seq, head } });
  const subject = {
    sessionId,
    person: { id: actor.person.id, name: 'Ada', email: actor.person.email },
    computer: { id: 1, name: 'web-1', server: '192.0.2.10', port: 22 },
    account: 'root',
    mode: 'SSH',
    policy: { recording: 'required' },
  };
  const opened = await store.open(
    subject,
    { columns: 80, rows: 24 },
    {
      onSegment: (seq, head) => {
        told = anchor(seq, head);
        onSegment();
      },
      onFailure: (error) => {
        throw error;
      },
    },
  );
  await anchor(0, opened.openingHead);
  await db.insert(recordings).values({ sessionId, path: opened.path, startedAt: new Date() });
  return {
    path: opened.path,
    /** Resolves when the segment that holds the text is in the log. */
    async say(text: string): Promise<void> {
      const closed = new Promise<void>((resolve) => {
        onSegment = resolve;
      });
      opened.recorder.output(Buffer.from(text.padEnd(200, '.')));
      await closed;
      await told;
    },
    async seal(): Promise<void> {
      const { head, manifestSha256, bytes } = await opened.recorder.seal('closed');
      await told;
      const subject = { head, manifestSha256, reason: 'closed', bytes };
      await ctx.audit.append({ kind: 'recording.sealed', sessionId, subject });
    },
  };
}

export type EmptyPlace = AsyncDisposable & { home: string; config: Config };

/** Where a backup is restored to: a database without any tables, and no DATA_DIR yet. */
export async function anEmptyPlace(): Promise<EmptyPlace> {
  const home = await mkdtemp(join(tmpdir(), 'sallyport-empty-'));
  const { ownerUrl, appUrl } = inject('testServer');
  const name = `sallyport_empty_${randomBytes(6).toString('hex')}`;
  const as = (url: string, database: string) => url.replace(databasePlaceholder, database);
  const server = connect(as(ownerUrl, 'postgres'), { max: 1 });
  await server.sql.unsafe(`create database ${name}`);
  await server.close();
  const config = configIn(home, { databaseUrl: as(appUrl, name), databaseOwnerUrl: as(ownerUrl, name) });
  return {
    home,
    config,
    async [Symbol.asyncDispose]() {
      const again = connect(as(ownerUrl, 'postgres'), { max: 1 });
      await again.sql.unsafe(`drop database ${name} with (force)`);
      await again.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
