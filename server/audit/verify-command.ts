import { createReadStream } from 'node:fs';
import type { Db } from '../../db/connect.ts';
import { readArguments, UsageError } from '../config/command-arguments.ts';
import { ConfigError } from '../config/command-line.ts';
import type { Config } from '../config/config.ts';
import { plainText } from '../protocol/plain-text.ts';
import type { Broken, ChainReport } from './chain-check.ts';
import { counted } from './told.ts';
import { type LostRow, lastBegun, verifyAnchors } from './verify-anchors.ts';
import { verifyAuditChains } from './verify-chain.ts';
import { verifyExport } from './verify-export.ts';

export type CommandAnswer = {
  /** 0 intact, 1 not proven intact, 2 the command could not be carried out. */
  status: 0 | 1 | 2;
  text: string;
};

export type Place = Pick<Config, 'dataDir' | 'databaseUrl' | 'auditAnchorPath'>;
/** The database of an installation, running or not; `undefined` when it has none yet. */
export type OpenDatabase = (place: Place) => Promise<{ db: Db; close(): Promise<void> } | undefined>;

const usage = `npm run verify -- audit [options]

Checks every row of the audit log against its hash chain, every chain against what the others noted of it, and all of
them against the file outside the database that notes where they stand. It does not matter whether Sallyport runs.

  --file FILE       check an export instead, without any database
  --part            with --file: an export that was filtered; only what it holds can be checked
  --anchors FILE    the file outside the database, or a copy of it; otherwise AUDIT_ANCHOR_PATH
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
    return await checkDatabase(placesOf(order.flags, configFor), order.anchors, openDatabase);
  } catch (error) {
    if (error instanceof UsageError || error instanceof ConfigError) return cannot(error.message);
    return cannot(`The audit log could not be checked: ${plainText((error as Error).message)}`);
  }
}

const options = { file: { type: 'string' }, part: { type: 'boolean' }, anchors: { type: 'string' } } as const;

type Order = { file: string | undefined; isPart: boolean; anchors: string | undefined; flags: string[] };

function parse(argv: readonly string[]): Order | 'help' {
  const { values, flags, isHelp } = readArguments(argv, { usage, options });
  if (isHelp) return 'help';
  const { file, part: isPart = false, anchors } = values;
  if (file !== undefined && (flags.length > 0 || anchors !== undefined))
    throw new UsageError(`A file is checked without an installation.\n\n${usage}`);
  if (isPart && file === undefined) throw new UsageError(`--part goes with --file.\n\n${usage}`);
  return { file, isPart, anchors, flags };
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

async function checkDatabase(
  places: readonly Place[],
  anchors: string | undefined,
  openDatabase: OpenDatabase,
): Promise<CommandAnswer> {
  for (const place of places) {
    const database = await openDatabase(place);
    if (!database) continue;
    try {
      const outside = await compareOutside(database.db, anchors ?? place.auditAnchorPath);
      const report = await verifyAuditChains(database.db);
      return answer([`The audit log of ${where(place)}.`], report, { outside });
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

/** What the comparison with the file outside the database found wrong, and a sentence on it. */
type Outside = { problems: string[]; told: string };

async function compareOutside(db: Db, path: string): Promise<Outside> {
  const report = await verifyAnchors(db, path);
  if (!report) return withoutFile(db, path);
  const { lines, brokenLine, lost } = report;
  const told = `Compared with the ${counted(lines, 'line')} of ${plainText(path)}.`;
  if (brokenLine === undefined) return { problems: lost.map(lostSentence), told };
  const broken = `Line ${brokenLine} of the anchor file is not what was written, or lines before it were removed.`;
  return { problems: [broken, ...lost.map(lostSentence)], told };
}

async function withoutFile(db: Db, path: string): Promise<Outside> {
  const begun = await lastBegun(db);
  const told = `Not compared with an anchor file: there is none at ${plainText(path)}.`;
  if (!begun) return { problems: [], told };
  const problem = `The anchor file ${plainText(begun.file)}, begun on ${begun.at.toISOString()}, was not found. If it is elsewhere, name it: --anchors FILE`;
  return { problems: [problem], told };
}

function lostSentence({ writerId, seq, at, lastSeq }: LostRow): string {
  const writer = `Writer ${plainText(writerId)}`;
  if (lastSeq >= seq) return `${writer}: row ${seq} is not the one that the anchor file noted at ${at}.`;
  const end = lastSeq === 0 ? 'none of its rows is left' : `the log ends at row ${lastSeq}`;
  return `${writer}: its newest rows were deleted: ${end}, and the anchor file noted row ${seq} at ${at}.`;
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

type Further = { isPart?: boolean; isReadable?: boolean; outside?: Outside };

function answer(story: string[], report: ChainReport, further: Further = {}): CommandAnswer {
  const { isPart = false, isReadable = true, outside = { problems: [], told: '' } } = further;
  const { writers, events, broken } = report;
  const size = `${counted(events, 'row')} of ${counted(writers, 'writer')}`;
  const last = outside.told === '' ? [] : [outside.told];
  if (broken.length === 0 && outside.problems.length === 0 && isReadable) {
    const proof = isPart
      ? `Each of the ${size} is as it was written. Whether rows are missing cannot be seen in a part of the log.`
      : `The audit log is intact: ${size}, every row as it was written.`;
    return { status: 0, text: [...story, proof, ...last].join('\n') };
  }
  const lines = [...broken.map(sentenceOf), ...outside.problems].map((sentence) => `  ${sentence}`);
  const end = `${size} were read.`;
  return { status: 1, text: [...story, 'The audit log is NOT intact.', ...lines, end, ...last].join('\n') };
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
