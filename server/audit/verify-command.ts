import { createReadStream } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Db } from '../../db/connect.ts';
import { ConfigError } from '../config/command-line.ts';
import type { Config } from '../config/config.ts';
import { plainText } from '../protocol/plain-text.ts';
import type { Broken, ChainReport } from './chain-check.ts';
import { counted } from './told.ts';
import { verifyAuditChains } from './verify-chain.ts';
import { verifyExport } from './verify-export.ts';

export type CommandAnswer = {
  /** 0 intact, 1 not proven intact, 2 the command could not be carried out. */
  status: 0 | 1 | 2;
  text: string;
};

export type Place = Pick<Config, 'dataDir' | 'databaseUrl'>;
/** The database of an installation, running or not; `undefined` when it has none yet. */
export type OpenDatabase = (place: Place) => Promise<{ db: Db; close(): Promise<void> } | undefined>;

const usage = `npm run verify -- audit [options]

Checks every row of the audit log against its hash chain, and every chain against what the others noted of it. It does
not matter whether Sallyport runs.

  --file FILE       check an export instead, without any database
  --part            with --file: an export that was filtered; only what it holds can be checked
  --data-dir DIR    another DATA_DIR
  --demo            the log of the demo

Ends with 0 when all is intact, 1 when it is not, 2 when it could not be checked.`;

/** Carries out `npm run verify -- audit`. `configFor` reads the configuration as the program would with these flags. */
export async function verifyAuditCommand(
  argv: readonly string[],
  configFor: (argv: string[]) => Place,
  openDatabase: OpenDatabase,
): Promise<CommandAnswer> {
  try {
    const order = parse(argv);
    if (order === 'help') return { status: 0, text: usage };
    if (order.file !== undefined) return await checkFile(order.file, order.isPart);
    return await checkDatabase(placesOf(order.flags, configFor), openDatabase);
  } catch (error) {
    if (error instanceof UsageError || error instanceof ConfigError) return cannot(error.message);
    return cannot(`The audit log could not be checked: ${plainText((error as Error).message)}`);
  }
}

class UsageError extends Error {
  override name = 'UsageError';
}

type Order = { file: string | undefined; isPart: boolean; flags: string[] };

function parse(argv: readonly string[]): Order | 'help' {
  const { file, part: isPart = false, demo, help, 'data-dir': dataDir } = readArguments(argv);
  if (help) return 'help';
  const flags = [...(demo ? ['--demo'] : []), ...(dataDir === undefined ? [] : ['--data-dir', dataDir])];
  if (file !== undefined && flags.length > 0)
    throw new UsageError(`A file is checked without an installation.\n\n${usage}`);
  if (isPart && file === undefined) throw new UsageError(`--part goes with --file.\n\n${usage}`);
  return { file, isPart, flags };
}

function readArguments(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        file: { type: 'string' },
        part: { type: 'boolean' },
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

// Who names no installation means the plain one; where there is none, the demo beside it.
function placesOf(flags: string[], configFor: (argv: string[]) => Place): Place[] {
  const named = configFor(flags);
  if (flags.length > 0) return [named];
  try {
    return [named, configFor(['--demo'])];
  } catch (error) {
    // What is set for the plain installation may contradict a demo; then there is none beside it.
    if (error instanceof ConfigError) return [named];
    throw error;
  }
}

async function checkDatabase(places: readonly Place[], openDatabase: OpenDatabase): Promise<CommandAnswer> {
  for (const place of places) {
    const database = await openDatabase(place);
    if (!database) continue;
    try {
      const report = await verifyAuditChains(database.db);
      return answer([`The audit log of ${where(place)}.`], report);
    } finally {
      await database.close();
    }
  }
  return cannot(`There is no database in ${places.map(({ dataDir }) => dataDir).join(' or ')}.`);
}

const where = ({ dataDir, databaseUrl }: Place) => (databaseUrl ? 'the database of DATABASE_URL' : dataDir);

async function checkFile(file: string, isPart: boolean): Promise<CommandAnswer> {
  const report = await verifyExport(() => linesIn(file));
  if (!report) return { status: 1, text: `${file} does not begin as an export of an audit log does.` };
  const { header, unreadableLine } = report;
  const filters = Object.entries(header.filters).map(([name, value]) => plainText(`${name} “${value}”`));
  // Whoever removes rows could also write a filter into the first line: only the reader knows what was asked for.
  if (filters.length > 0 && !isPart) {
    return cannot(
      `${file} says that it was filtered (${filters.join(', ')}), so it cannot show that nothing is missing. If it was meant to be, check what it holds with --part.`,
    );
  }
  const story = [
    `The export of ${header.exportedAt}${filters.length > 0 ? `, filtered by ${filters.join(', ')}` : ''}.`,
    ...(unreadableLine === undefined ? [] : [`Line ${unreadableLine} is not a row of an audit log.`]),
  ];
  return answer(story, report, { isPart: filters.length > 0, isReadable: unreadableLine === undefined });
}

const longestLine = 64 * 1024 * 1024;

async function* linesIn(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(file, 'utf8')) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) throw new Error(`${file} has a line that is too long.`);
    yield* lines;
  }
  if (rest !== '') yield rest;
}

function answer(story: string[], report: ChainReport, { isPart = false, isReadable = true } = {}): CommandAnswer {
  const { writers, events, broken } = report;
  const size = `${counted(events, 'row')} of ${counted(writers, 'writer')}`;
  if (broken.length === 0 && isReadable) {
    const proof = isPart
      ? `Each of the ${size} is as it was written. Whether rows are missing cannot be seen in a part of the log.`
      : `The audit log is intact: ${size}, every row as it was written.`;
    return { status: 0, text: [...story, proof].join('\n') };
  }
  const lines = broken.map((each) => `  ${sentenceOf(each)}`);
  const end = `${size} were read.`;
  return { status: 1, text: [...story, 'The audit log is NOT intact.', ...lines, end].join('\n') };
}

const sentences: Record<Broken['problem'], string> = {
  missing: 'does not follow the row before it: rows were removed there, or put in another order',
  altered: 'is not what was written: it was changed, or put in the place of another',
  anchor: 'is missing, or not the one that others noted when it was written',
};

function sentenceOf({ writerId, seq, problem }: Broken): string {
  return `Writer ${plainText(writerId)}: row ${seq} ${sentences[problem]}.`;
}

function cannot(text: string): CommandAnswer {
  return { status: 2, text };
}
