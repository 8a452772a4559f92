import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { connect } from '../../../db/connect.ts';
import { readEvidence } from '../../../db/queries/recordings.ts';
import { testContext } from '../../../db/testing/context.ts';
import type { Config } from '../../config/config.ts';
import type { SessionId } from '../../ids.ts';
import { recordingFolder } from '../../recording/folder.ts';
import { verifyRecording } from '../../recording/verify.ts';
import type { Keyring } from '../../vault/keyring.ts';
import { findKeyring, loadOrCreateKeyring } from '../../vault/keyring-file.ts';
import { backupCommand } from '../backup.ts';
import { restoreCommand } from '../restore.ts';
import { anEmptyPlace, anInstallation, type EmptyPlace, type TestInstallation } from './installation.ts';

export const readKeyring = ({ keyringPath }: Config) => findKeyring(keyringPath);
export const sessionOf = (path: string) => path.slice(path.lastIndexOf('/') + 1) as SessionId;

export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

class BackupRig {
  /** One installation for the whole file. */
  house!: TestInstallation;
  /** Where to restore, and a place for backups: new ones for each test. */
  place!: EmptyPlace;
  dir = '';

  backUp = (to = this.dir, config = this.house.config, ...argv: string[]) =>
    backupCommand(['--to', to, ...argv], () => config, {
      openDatabase: async ({ databaseUrl }) => connect(databaseUrl ?? '', { max: 1 }),
      readKeyring,
    });

  restore = (...argv: string[]) => restoreCommand(['--from', this.dir, ...argv], () => this.place.config, readKeyring);

  bringKeyring = () => cp(this.house.config.keyringPath, this.place.config.keyringPath);

  /** Does something in what was restored. */
  within = async <T>(work: (ctx: ReturnType<typeof testContext> & { keyring: Keyring }) => Promise<T>): Promise<T> => {
    const connection = connect(this.place.config.databaseUrl ?? '');
    try {
      const keyring = await loadOrCreateKeyring(this.place.config.keyringPath);
      return await work({ ...testContext(connection), keyring });
    } finally {
      await connection.close();
    }
  };

  /** What `npm run verify` would find of a recording that was restored. */
  verdictOf = async (path: string) => {
    const { dataDir, recordingsDir } = this.place.config;
    const publicKeyPem = await readFile(join(dataDir, 'recording-public-key.pem'), 'utf8');
    const evidence = await this.within(({ connection: { db } }) => readEvidence(db, sessionOf(path)));
    const folder = recordingFolder(recordingsDir, path);
    return verifyRecording({ folder, sessionId: sessionOf(path), publicKeyPem, ...evidence });
  };
}

/** Backups and restores for the tests of a file; made and taken away by its hooks. */
export function backupRig(): BackupRig {
  const rig = new BackupRig();
  beforeAll(async () => {
    rig.house = await anInstallation();
  });
  afterAll(() => rig.house[Symbol.asyncDispose]());
  beforeEach(async () => {
    rig.place = await anEmptyPlace();
    rig.dir = join(rig.place.home, 'backups');
  });
  afterEach(() => rig.place[Symbol.asyncDispose]());
  return rig;
}
