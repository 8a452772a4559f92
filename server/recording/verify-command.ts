import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { readArguments, UsageError } from '../config/command-arguments.ts';
import { ConfigError } from '../config/command-line.ts';
import type { Config } from '../config/config.ts';
import { isUuid, type SessionId } from '../ids.ts';
import { plainText } from '../protocol/plain-text.ts';
import { assertNoLinks, findRecording, recordingFolder } from './folder.ts';
import type { Manifest } from './manifest.ts';
import type { Anchor } from './port.ts';
import { publicKeyPath, readAllPublicKeys } from './public-key.ts';
import { type RecordingEvidence, type Verdict, verifyRecording } from './verify.ts';

export type CommandAnswer = {
  /** 0 intact, or deleted as it should be; 1 not proven so; 2 the command could not be carried out. */
  status: 0 | 1 | 2;
  text: string;
};

type Places = Pick<Config, 'recordingsDir' | 'dataDir' | 'databaseUrl'>;

/** What the audit log of an installation knows of a session's recording; rejects when it cannot be asked. */
export type ReadEvidence = (places: Places, sessionId: SessionId) => Promise<RecordingEvidence & { anchors: Anchor[] }>;

const usage = `npm run verify -- SESSION-ID [options]
npm run verify -- audit --help

Checks a recording byte by byte against its hash chain and its signature, and where Sallyport runs or DATABASE_URL is
set, against the audit log.

  --public-key FILE   the key to trust; otherwise DATA_DIR/recording-public-key.pem and those kept beside it
  --anchors FILE      heads to compare instead: a line {"seq": 1, "head": "..."} for each segment, 0 is the opening
  --recordings DIR    another store of recordings
  --data-dir DIR      another DATA_DIR
  --demo              the recordings of the demo

Ends with 0 when the recording is intact or was deleted by Sallyport, 1 when it is not proven so, 2 when it could not be checked.`;

/** Carries out `npm run verify`. `configFor` reads the configuration as the program itself would with these flags. */
export async function verifyCommand(
  argv: readonly string[],
  configFor: (argv: string[]) => Places,
  readEvidence: ReadEvidence,
): Promise<CommandAnswer> {
  try {
    const order = parse(argv);
    if (order === 'help') return { status: 0, text: usage };
    const places = placesOf(order, configFor);
    const found = await find(order.sessionId, places);
    if (!found) return await absent(order, places, readEvidence);
    const { path, places: of } = found;
    const root = of.recordingsDir;
    const [publicKeyPem, ...olderKeys] = await readKeys(order.publicKey, of.dataDir);
    const { told, ...audit } = await auditOf(order, () => readEvidence(of, order.sessionId));
    await assertNoLinks(root, path);
    const folder = recordingFolder(root, path);
    const verdict = await verifyRecording({ folder, sessionId: order.sessionId, publicKeyPem, olderKeys, ...audit });
    return {
      status: verdict.state === 'intact' || verdict.state === 'deleted' ? 0 : 1,
      text: `${report(folder, verdict)}\n${told}`,
    };
  } catch (error) {
    if (error instanceof UsageError || error instanceof ConfigError) return cannot(error.message);
    return cannot(`The recording could not be checked: ${plainText((error as Error).message)}`);
  }
}

const options = {
  'public-key': { type: 'string' },
  anchors: { type: 'string' },
  recordings: { type: 'string' },
} as const;

type Order = {
  sessionId: SessionId;
  publicKey: string | undefined;
  anchors: string | undefined;
  recordings: string | undefined;
  flags: string[];
};

function parse(argv: readonly string[]): Order | 'help' {
  const { values, positionals, flags, isHelp } = readArguments(argv, { usage, options, allowPositionals: true });
  if (isHelp) return 'help';
  const [sessionId = '', ...more] = positionals;
  if (!isUuid(sessionId) || more.length > 0) throw new UsageError(`Please give one session id.\n\n${usage}`);
  const { 'public-key': publicKey, anchors, recordings } = values;
  return { sessionId: sessionId.toLowerCase() as SessionId, publicKey, anchors, recordings, flags };
}

// Who names no installation means the plain one, or the demo beside it: a session id is in one of them only.
function placesOf({ flags, recordings }: Order, configFor: (argv: string[]) => Places): Places[] {
  const named = configFor(flags);
  if (recordings !== undefined) return [{ ...named, recordingsDir: recordings }];
  return flags.length > 0 ? [named] : [named, ...demoPlaces(configFor)];
}

// What is set for the plain installation may contradict a demo; then there is none beside it.
function demoPlaces(configFor: (argv: string[]) => Places): Places[] {
  try {
    return [configFor(['--demo'])];
  } catch (error) {
    if (error instanceof ConfigError) return [];
    throw error;
  }
}

async function find(sessionId: string, places: Places[]) {
  for (const each of places) {
    const path = await findRecording(each.recordingsDir, sessionId);
    if (path !== undefined) return { path, places: each };
  }
  return undefined;
}

/** A session of which no store has anything: whether that is a typing error or a loss, the audit log knows. */
async function absent({ sessionId }: Order, places: Places[], readEvidence: ReadEvidence): Promise<CommandAnswer> {
  for (const each of places) {
    const evidence = await readEvidence(each, sessionId).catch(() => undefined);
    // A backup leaves out what was deleted, so that a restored installation has nothing of it.
    if (!evidence || evidence.deletion || evidence.anchors.length === 0) continue;
    const folder = `The folder of session ${sessionId} is gone from ${each.recordingsDir}.`;
    const known = `The audit log knows that it was recorded, and holds ${evidence.anchors.length} heads of it.`;
    return { status: 1, text: [folder, 'The recording is NOT intact.', known].join('\n') };
  }
  return cannot(`There is no recording of session ${sessionId} in ${storesOf(places)}.`);
}

function storesOf(places: Places[]): string {
  return [...new Set(places.map(({ recordingsDir }) => recordingsDir))].join(' or ');
}

/** The key that is to be trusted, or those of the installation. */
async function readKeys(named: string | undefined, dataDir: string): Promise<[string, ...string[]]> {
  if (named !== undefined) return [await readFile(named, 'utf8').catch((error) => noKey(named, error))];
  const [present, ...older] = await readAllPublicKeys(dataDir).catch((error) => noKey(publicKeyPath(dataDir), error));
  return present === undefined ? noKey(publicKeyPath(dataDir)) : [present, ...older];
}

function noKey(path: string, error: NodeJS.ErrnoException = { name: '', message: '', code: 'ENOENT' }): never {
  if (error.code !== 'ENOENT') throw error;
  throw new UsageError(`There is no public key at ${path}. Please name it: --public-key FILE`);
}

type Audit = RecordingEvidence & { told: string };

/** What to compare with, and a sentence on it. A log that cannot be asked makes the proof weaker, not impossible. */
async function auditOf({ anchors: file }: Order, ask: () => ReturnType<ReadEvidence>): Promise<Audit> {
  if (file !== undefined) {
    const anchors = parseAnchors(await readFile(file, 'utf8'));
    return { anchors, told: `Compared with the ${anchors.length} heads of ${file}.` };
  }
  try {
    const evidence = await ask();
    const { length } = evidence.anchors;
    if (length === 0) return { ...evidence, told: 'The audit log knows nothing of this recording.' };
    return { ...evidence, told: `Compared with the ${length} heads that the audit log holds.` };
  } catch (error) {
    return { told: `Not compared with the audit log: ${plainText((error as Error).message)}` };
  }
}

const AnchorSchema = z.object({ seq: z.number().int().nonnegative(), head: z.string() });

function parseAnchors(text: string): Anchor[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => AnchorSchema.parse(JSON.parse(line)));
}

function report(folder: string, { state, intactSegments, findings, manifest, deleted }: Verdict): string {
  const story = manifest ? [tell(manifest)] : [];
  const segments = `${intactSegments} ${intactSegments === 1 ? 'segment' : 'segments'}`;
  switch (state) {
    case 'intact':
      return [folder, ...story, `The recording is intact: ${segments}, every byte as it was sealed.`].join('\n');
    case 'deleted':
      return [
        folder,
        ...story,
        `The recording was deleted on ${deleted?.at}: ${plainText(deleted?.reason ?? '')}`,
        'Its manifest and the note of its deletion are signed and as they were written. The rest of it is gone.',
      ].join('\n');
    case 'unsealed':
      return [
        folder,
        `The recording is not sealed. It is intact up to segment ${intactSegments}, but no signed manifest closes it.`,
        'Either the session is still running, or its gateway stopped and has not been started again, or the manifest was removed.',
      ].join('\n');
    case 'tampered':
      return [
        folder,
        ...story,
        'The recording is NOT intact.',
        ...findings.map(({ problem }) => `  ${plainText(problem)}`),
        `Intact from the beginning: ${segments}.`,
      ].join('\n');
  }
}

function tell({ person, computer, account, startedAt, endedAt, reason, gaps }: Manifest): string {
  const who = `${plainText(person.name)} (${plainText(person.email)}) as ${plainText(account)} on ${plainText(computer.name)}`;
  const lines = [`${who}, ${startedAt} to ${endedAt}, sealed as "${plainText(reason)}".`];
  for (const { file, atByte, bytes, why } of gaps) {
    lines.push(
      `When it was sealed, ${bytes} bytes of ${plainText(file)} after byte ${atByte} were given up: ${plainText(why)}`,
    );
  }
  return lines.join('\n');
}

function cannot(text: string): CommandAnswer {
  return { status: 2, text };
}
