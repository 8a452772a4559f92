import { userInfo } from 'node:os';
import type { Connection } from '../../db/connect.ts';
import { LockHeld, takeProcessLock } from '../../db/embedded/process-lock.ts';
import { createAudit } from '../audit/writer.ts';
import { systemClock } from '../clock.ts';
import { readArguments, UsageError } from '../config/command-arguments.ts';
import type { Config, KmsSettings } from '../config/config.ts';
import { refuseOlderCopy } from '../vault/installation-keyring.ts';
import { keyringFrom } from '../vault/keyring-content.ts';
import type { KeyService } from '../vault/keyring-envelope.ts';
import {
  type KeyringFile,
  KeyringFileError,
  type ReadKeyring,
  readKeyringFile,
  replaceKeyring,
} from '../vault/keyring-file.ts';
import { keyringStatus } from '../vault/keyring-status.ts';
import { RotationStopped, rotateKeyring } from '../vault/rotate-keyring.ts';
import { answering, type CommandAnswer, done, refused } from './command.ts';
import { assertOurs } from './data-dir.ts';

const usage = `npm run keyring -- status | rotate | to-kms | to-file [options]

  status    which keys the keyring holds, what depends on each, and which processes run with it
  rotate    replaces the system key: everything that it seals is wrapped again for a new one, while Sallyport runs;
            cut off anywhere, the next run goes on from there
  to-kms    has the file sealed by the key of AWS KMS that KEYRING_KMS_KEY names
  to-file   has it written without that seal

  --data-dir DIR    another DATA_DIR
  --demo            the keyring of the demo

KEYRING_PATH, DATABASE_URL and the other settings are read as the program reads them. Keep a copy of the keyring with
every backup of the database, but not in the same place. docs/keyring.md tells the rest.

Ends with 0 when it is done, 1 when it is not at its end, 2 when it could not be carried out.`;

const orders = ['status', 'rotate', 'to-kms', 'to-file'] as const;
type OrderName = (typeof orders)[number];

type Places = Pick<Config, 'dataDir' | 'databaseUrl' | 'keyringPath' | 'keyringKms'>;

export type KeyringPorts = {
  openDatabase(place: Pick<Config, 'dataDir' | 'databaseUrl'>): Promise<Connection | undefined>;
  serviceOf(kms: KmsSettings | null): KeyService | undefined;
  /** Hears of each step when it is done. */
  tell(line: string): void;
  patienceMs: number;
  settleMs: number;
};

/** Carries out `npm run keyring`. `configFor` reads the configuration as the program itself would with these flags. */
export function keyringCommand(
  argv: readonly string[],
  configFor: (argv: string[]) => Places,
  ports: KeyringPorts,
): Promise<CommandAnswer> {
  return answering('The keyring could not be worked on', async () => {
    const order = parse(argv);
    if (order === 'help') return done(usage);
    try {
      const places = configFor(order.flags);
      await assertOurs(places.dataDir);
      return order.name === 'status' ? await status(places, ports) : await change(order.name, places, ports);
    } catch (error) {
      if (error instanceof RotationStopped) return refused(error.message);
      if (error instanceof KeyringFileError) return { status: 2, text: error.message };
      throw error;
    }
  });
}

function parse(argv: readonly string[]): { name: OrderName; flags: string[] } | 'help' {
  const { positionals, flags, isHelp } = readArguments(argv, { usage, options: {}, allowPositionals: true });
  if (isHelp) return 'help';
  const name = orders.find((each) => each === positionals[0]);
  if (!name || positionals.length > 1) throw new UsageError(`Please say what to do.\n\n${usage}`);
  return { name, flags };
}

async function status(places: Places, ports: KeyringPorts): Promise<CommandAnswer> {
  const file = await readThere(places, ports);
  return withDatabase(places, ports, async (connection) => {
    const { lines, isWhole } = await keyringStatus(file, connection?.db);
    const answer = isWhole ? done : refused;
    return answer(`The keyring ${places.keyringPath}`, ...lines.map((line) => `  ${line}`));
  });
}

/** One at a time: two that change the keyring would each undo what the other did. */
async function change(
  order: Exclude<OrderName, 'status'>,
  places: Places,
  ports: KeyringPorts,
): Promise<CommandAnswer> {
  const lock = await takeProcessLock(`${places.keyringPath}.lock`).catch((error: unknown) => {
    if (error instanceof LockHeld) {
      throw new RotationStopped(`Somebody else changes the keyring just now (process ${error.holder.pid}).`);
    }
    throw error;
  });
  try {
    return await withDatabase(places, ports, (connection) =>
      order === 'rotate' ? rotate(places, ports, connection) : move(order, places, ports, connection),
    );
  } finally {
    await lock.release();
  }
}

async function rotate(places: Places, ports: KeyringPorts, connection: Connection | undefined): Promise<CommandAnswer> {
  if (!connection) return noDatabase(places);
  const service = ports.serviceOf(places.keyringKms);
  const { content, sealedBy } = await readThere(places, ports);
  if (service && sealedBy === null) return refused('KEYRING_KMS_KEY is set, so first run: npm run keyring -- to-kms');
  await refuseOlderCopy(connection.db, places.keyringPath, keyringFrom(content));
  const { tell, patienceMs, settleMs } = ports;
  const retired = await rotateKeyring({
    content,
    write: (next) => replaceKeyring(places.keyringPath, next, service),
    db: connection.db,
    audit: createAudit({ connection, clock: systemClock }),
    clock: systemClock,
    systemUser: userInfo().username,
    tell,
    patienceMs,
    settleMs,
  });
  return done(
    'The system key was replaced.',
    `Backups of the database from before now need ${retired.join(', ')}: keep the copy of the keyring that goes with them, apart from them.`,
  );
}

async function move(
  order: 'to-kms' | 'to-file',
  places: Places,
  ports: KeyringPorts,
  connection: Connection | undefined,
): Promise<CommandAnswer> {
  if (!connection) return noDatabase(places);
  const { keyringPath: path, keyringKms } = places;
  const service = ports.serviceOf(keyringKms);
  if (!service || !keyringKms) return { status: 2, text: 'Set KEYRING_KMS_KEY to the key of AWS KMS that is meant.' };
  const { content, sealedBy } = await readThere(places, ports, { asStated: true });
  if (order === 'to-file' && sealedBy === null) return done('The keyring has no seal.');
  const sealWith = order === 'to-kms' ? service : undefined;
  const subject = { sealedBy: sealWith ? keyringKms.keyId : null, systemUser: userInfo().username };
  await createAudit({ connection, clock: systemClock }).append({ kind: 'keyring.moved', subject });
  await replaceKeyring(path, content, sealWith);
  return sealWith
    ? done(
        `The keyring is sealed by ${keyringKms.keyId}. Start Sallyport with KEYRING_KMS_KEY from now on.`,
        'Copies of the file from before are not sealed. Destroy those you do not need, and run: npm run keyring -- rotate',
      )
    : done('The keyring is written without a seal. Start Sallyport without KEYRING_KMS_KEY from now on.');
}

async function readThere(places: Places, ports: KeyringPorts, how?: ReadKeyring): Promise<KeyringFile> {
  const file = await readKeyringFile(places.keyringPath, ports.serviceOf(places.keyringKms), how);
  if (file) return file;
  throw new KeyringFileError(`There is no keyring at ${places.keyringPath}. Sallyport makes one when it starts.`);
}

function noDatabase({ dataDir }: Places): CommandAnswer {
  return { status: 2, text: `There is no database in ${dataDir}. Start Sallyport once.` };
}

async function withDatabase<T>(
  places: Places,
  { openDatabase }: KeyringPorts,
  work: (connection: Connection | undefined) => Promise<T>,
): Promise<T> {
  const connection = await openDatabase(places);
  try {
    return await work(connection);
  } finally {
    await connection?.close();
  }
}
