import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import type { Connection } from '../../db/connect.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { plainText } from '../protocol/plain-text.ts';
import { answering, type CommandAnswer, type ConfigFor, done, Refused, UsageError } from '../supervise/command.ts';
import { assertOurs } from '../supervise/data-dir.ts';
import type { Keyring } from '../vault/keyring.ts';
import { type MadeBackup, makeBackup } from './make-backup.ts';

const usage = `npm run backup -- --to DIR [options]

Makes a backup of the database and of all recordings in DIR, while Sallyport runs or not. The next one to the same DIR
adds a snapshot of the database, and copies of the recordings only what is new. The keyring is never in it: keep a copy
of that in another place, because a backup without it opens no stored credential.

  --to DIR          where to; made when it is not there, for this user alone
  --keep N          afterwards leave the latest N snapshots in DIR, and only the recordings that one of them needs
  --data-dir DIR    another DATA_DIR
  --demo            the demo

Ends with 0 when all is well, 1 when it was refused or something in it is not as it should be, 2 when it could not be made.`;

/** The keyring of an installation, or undefined where there is none. */
export type ReadKeyring = (config: Config) => Promise<Keyring | undefined>;

export type BackupPorts = {
  openDatabase(place: Pick<Config, 'dataDir' | 'databaseUrl'>): Promise<Connection | undefined>;
  readKeyring: ReadKeyring;
};

/** Carries out `npm run backup`. */
export function backupCommand(argv: readonly string[], configFor: ConfigFor, ports: BackupPorts) {
  return answering('The backup could not be made', async () => {
    const order = parse(argv);
    if (order === 'help') return done(usage);
    const config = configFor(order.flags);
    await assertOurs(config.dataDir);
    const keyring = await ports.readKeyring(config);
    if (!keyring)
      throw new Refused(`There is no keyring at ${config.keyringPath}. Without it nobody could prove the backup.`);
    const connection = await ports.openDatabase({ ...config, databaseUrl: config.databaseOwnerUrl });
    if (!connection) throw new Refused(`There is no database in ${config.dataDir}.`);
    try {
      const { username: systemUser } = userInfo();
      const { to, keep } = order;
      const made = await makeBackup({ config, connection, keyring, to, keep, clock: systemClock, systemUser });
      return told(made, to, config);
    } finally {
      await connection.close();
    }
  });
}

type Order = { to: string; keep: number | undefined; flags: string[] };

function parse(argv: readonly string[]): Order | 'help' {
  const { to, keep, demo, help, 'data-dir': dataDir } = readArguments(argv);
  if (help) return 'help';
  if (!to) throw new UsageError(`Please say where the backup is to be made.\n\n${usage}`);
  if (keep !== undefined && !/^[1-9]\d{0,5}$/.test(keep))
    throw new UsageError(`Please say how many snapshots are to be kept, such as --keep 30.\n\n${usage}`);
  return {
    to,
    keep: keep === undefined ? undefined : Number(keep),
    flags: [...(demo ? ['--demo'] : []), ...(dataDir === undefined ? [] : ['--data-dir', dataDir])],
  };
}

function readArguments(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        to: { type: 'string' },
        keep: { type: 'string' },
        'data-dir': { type: 'string' },
        demo: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}

function told(made: MadeBackup, to: string, config: Config): CommandAnswer {
  const { snapshot, tables, rows, recordings, unopened, pruned } = made;
  const wrong = recordings.flatMap(({ path, problems }) =>
    problems.map((problem) => `  ${path}: ${plainText(problem)}`),
  );
  const growing = recordings.filter(({ state }) => state === 'growing').length;
  const lost = `${unopened} stored credential(s) in it are sealed with a key that is not in this keyring, and would not open after a restore. If it is an older copy, put the newer one back; if its key was replaced just now, make the backup again.`;
  const lines = [
    `The backup ${snapshot} was made in ${to}: ${rows} rows of ${tables} tables, ${recordings.length} recordings${growing > 0 ? `, ${growing} of them up to where they are` : ''}.`,
    `The keyring ${config.keyringPath} is not in it. Keep a copy of it in another place.`,
    ...(pruned ? [toldOf(pruned)] : []),
    ...(unopened > 0 ? [lost] : []),
    ...(wrong.length > 0 ? ['These recordings are not as they should be:', ...wrong] : []),
  ];
  const isRefused = pruned !== undefined && 'refused' in pruned;
  return { status: wrong.length > 0 || unopened > 0 || isRefused ? 1 : 0, text: lines.join('\n') };
}

function toldOf(pruned: NonNullable<MadeBackup['pruned']>): string {
  if ('refused' in pruned) return pruned.refused;
  return `${pruned.snapshots} older snapshots and ${pruned.recordings} recordings that no other needs were removed.`;
}
