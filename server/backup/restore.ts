import { userInfo } from 'node:os';
import { systemClock } from '../clock.ts';
import { readArguments, UsageError } from '../config/command-arguments.ts';
import type { Config } from '../config/config.ts';
import { createLog } from '../log.ts';
import { plainText } from '../protocol/plain-text.ts';
import { answering, type CommandAnswer, type ConfigFor, done, Refused, refused } from '../supervise/command.ts';
import { systemKeyIds } from '../vault/keyring.ts';
import type { ReadKeyring } from './backup.ts';
import { isManifestOf } from './manifest.ts';
import { type Restored, restoreBackup } from './restore-backup.ts';
import { problemsIn, readSnapshot, type Snapshot } from './snapshot.ts';

const usage = `npm run restore -- --from DIR [options]

Puts a backup into an installation that has nothing yet: an empty DATA_DIR, or an empty database of DATABASE_URL. Before,
put back the keyring that the installation had, at KEYRING_PATH. Every byte is verified before anything is written.

  --from DIR        where the backups are
  --snapshot NAME   another one than the latest
  --check           verifies the backup and writes nothing
  --new-keyring     the keyring is lost for good: stored credentials will have to be entered again
  --data-dir DIR    another DATA_DIR
  --demo            the demo

Ends with 0 when it is done, 1 when it was refused or the backup is damaged, 2 when it could not be carried out.`;

/** Carries out `npm run restore`. */
export function restoreCommand(argv: readonly string[], configFor: ConfigFor, readKeyring: ReadKeyring) {
  return answering('The backup could not be restored', async () => {
    const order = parse(argv);
    if (order === 'help') return done(usage);
    const config = configFor(order.flags);
    const snapshot = await readSnapshot(order.from, order.snapshot);
    const isProven = await judgeKeyring(order, { config, snapshot, readKeyring });
    const problems = await problemsIn(order.from, snapshot);
    if (problems.length > 0)
      return refused(`The backup is damaged.`, ...problems.map((problem) => `  ${plainText(problem)}`));
    if (order.isCheck) return checked(snapshot, isProven);
    const log = createLog('restore', 'warn');
    const { username: systemUser } = userInfo();
    const { from } = order;
    return told(
      snapshot,
      await restoreBackup({ config, from, snapshot, clock: systemClock, log, systemUser }),
      isProven,
    );
  });
}

const options = {
  from: { type: 'string' },
  snapshot: { type: 'string' },
  check: { type: 'boolean' },
  'new-keyring': { type: 'boolean' },
} as const;

type Order = { from: string; snapshot: string | undefined; isCheck: boolean; isLost: boolean; flags: string[] };

function parse(argv: readonly string[]): Order | 'help' {
  const { values, flags, isHelp } = readArguments(argv, { usage, options });
  if (isHelp) return 'help';
  const { from, snapshot, check: isCheck = false, 'new-keyring': isLost = false } = values;
  if (!from) throw new UsageError(`Please say where the backups are.\n\n${usage}`);
  return { from, snapshot, isCheck, isLost, flags };
}

type Judged = { config: Config; snapshot: Snapshot; readKeyring: ReadKeyring };

/** Whether the keyring proves the backup. Throws `Refused` where it must and does not. */
async function judgeKeyring({ isLost, isCheck }: Order, { config, snapshot, readKeyring }: Judged): Promise<boolean> {
  const { manifest, name } = snapshot;
  const keyring = await readKeyring(config);
  if (isLost && keyring) {
    throw new Refused(
      `There is a keyring at ${config.keyringPath}, so leave --new-keyring out, or move that one away.`,
    );
  }
  const keys =
    manifest.systemKeys.length > 0 ? `the system key ${manifest.systemKeys.join(' and the system key ')}` : '';
  const needed = [keys, `the recording key ${manifest.keyringId}`].filter(Boolean).join(' and ');
  if (!keyring) {
    if (isLost || isCheck) return false;
    throw new Refused(
      `There is no keyring at ${config.keyringPath}. ${name} needs the one with ${needed}: put it there (mode 600), or set KEYRING_PATH. If it is lost for good, add --new-keyring; stored credentials will have to be entered again.`,
    );
  }
  const present = [...systemKeyIds(keyring), keyring.recording.id];
  const missing = [...manifest.systemKeys, manifest.keyringId].filter((id) => !present.includes(id));
  if (missing.length > 0) {
    throw new Refused(
      `The keyring ${config.keyringPath} is not the one of ${name}, which needs ${needed}; ${missing.join(' and ')} is not in it. Put that keyring there.`,
    );
  }
  if (isManifestOf(manifest, keyring)) return true;
  throw new Refused(`The snapshot ${name} is damaged: its manifest.json was changed since it was made.`);
}

const unproven = 'Without its keyring nobody can say whether somebody else changed it since it was made.';

function checked({ name, manifest, recordings }: Snapshot, isProven: boolean): CommandAnswer {
  const size = `${manifest.tables.length} tables, ${recordings.length} recordings`;
  return done(
    `The backup ${name} is whole: ${size}, every byte as it was written.`,
    isProven ? 'It was made by this installation: its keyring proves it.' : unproven,
  );
}

function told({ name, manifest }: Snapshot, { tables, rows, recordings }: Restored, isProven: boolean): CommandAnswer {
  return done(
    `The backup ${name} was restored: ${rows} rows of ${tables} tables, ${recordings} recordings.`,
    ...(isProven ? [] : [unproven, 'Start once with --new-keyring, and enter the stored credentials again.']),
    `Everybody is signed out. What was changed since ${manifest.madeAt} is as it was before: grants that were revoked since then, and people who were disabled, are in force again.`,
  );
}
