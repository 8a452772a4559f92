import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../db/connect.ts';
import { startEmbeddedPostgres } from '../db/embedded/postgres.ts';
import { appRole } from '../db/roles.ts';
import { createLog } from '../server/log.ts';
import type { Unwind } from '../server/supervise/unwind.ts';
import type { Measurable } from './memory.ts';
import { startProgram } from './program.ts';

export type Stack = {
  baseUrl: string;
  /** Holds keyring.json, demo.json and the key of the demo's account at its sshd. */
  dataDir: string;
  /** Connection string of the program's own role, so that its use cases can be called from here. */
  databaseUrl: string;
  gateway: Measurable;
};

const databaseName = 'sallyport';

/** Starts the built program with its demo, in a folder of its own that goes when it stops. */
export async function startStack(unwind: Unwind): Promise<Stack> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
  unwind.later('folder', () => rm(dataDir, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, 'db'), log: createLog('bench', 'warn') });
  unwind.later('database', () => postgres.stop({ remove: true }));
  const owner = connect(postgres.ownerUrl('postgres'), { max: 1, name: 'bench' });
  await owner.sql.unsafe(`create database ${databaseName}`);
  await owner.close();
  const role = { user: appRole, password: randomBytes(24).toString('base64url') };
  const databaseUrl = postgres.urlFor(role, databaseName);
  const program = startProgram(['dist/supervisor.js', '--demo'], {
    env: {
      PORT: '0',
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      DATABASE_OWNER_URL: postgres.ownerUrl(databaseName),
      LOG_LEVEL: 'warn',
    },
    graceMs: 12_000,
  });
  unwind.later('program', program.stop);
  const [, baseUrl = ''] = await program.line(/^Sallyport is ready at (\S+)/);
  const gateway = { pid: await childOf(program.pid, 'gateway.js'), line: program.line };
  return { baseUrl, dataDir, databaseUrl, gateway };
}

async function childOf(pid: number, name: string): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean);
  for (const child of children) {
    if ((await readFile(`/proc/${child}/cmdline`, 'utf8')).includes(name)) return Number(child);
  }
  throw new Error(`The process ${name} was not found.`);
}
