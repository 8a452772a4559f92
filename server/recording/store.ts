import { constants } from 'node:fs';
import { mkdir, mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { formatEventLine } from '../protocol/typescript-events.ts';
import { formatChainLine, headerOf, type Opening, openChain, recordingFormat } from './chain.ts';
import { makeOneFolder, recordingFolder, recordingPath, syncFolder } from './folder.ts';
import { BlockPool } from './output-queue.ts';
import { chainName } from './parts.ts';
import type { RecorderCallbacks, RecordingStore, RecordingSubject } from './port.ts';
import { defaultLimits, type RecorderLimits, SessionRecorder } from './recorder.ts';
import { sealAfterCrash } from './recover.ts';
import { type SealSettings, sealFolder } from './seal.ts';
import { type PartFiles, SegmentWriter, writeAll } from './segment-writer.ts';

/** Written into every manifest, so that a reader in years knows which program wrote it. */
const recorderVersion = 'sallyport-recorder/1';

export type StoreSettings = SealSettings & {
  /** Milliseconds, with fractions, of a clock that never jumps: `() => performance.now()`. */
  monotonicMs(): number;
  /** `open` refuses while the disk has less free than this. */
  minFreeBytes?: number;
  limits?: Partial<RecorderLimits>;
  /** How long it took from output to its being durable, for each time that anything was made so. */
  onDurable?: ((ms: number) => void) | undefined;
};

const defaultMinFreeBytes = 64 * 1024 * 1024;

export function createRecordingStore(settings: StoreSettings): RecordingStore {
  const pool = new BlockPool();
  return {
    open: (subject, size, callbacks) => openRecording({ settings, pool, subject, size, callbacks }),
    openScratch: (subject, size, callbacks) =>
      openScratch({ settings, pool, subject, size, callbacks: { ...callbacks, onSegment: () => undefined } }),
    sealAfterCrash: (path, reason, anchors) => sealAfterCrash(settings, { path, reason, anchors }),
  };
}

type Order = {
  settings: StoreSettings;
  pool: BlockPool;
  subject: RecordingSubject;
  size: { columns: number; rows: number };
  callbacks: RecorderCallbacks;
};

async function openRecording(order: Order): ReturnType<RecordingStore['open']> {
  const { settings, subject } = order;
  const startedAt = settings.clock.now();
  const path = recordingPath(subject.sessionId, startedAt);
  const folder = recordingFolder(settings.root, path);
  await makeFolder(settings, folder);
  try {
    return { ...(await startRecorder(order, folder, startedAt)), path };
  } catch (error) {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined); // The first error is the one to tell.
    throw error;
  }
}

// Nothing of it is evidence, so that nothing is made durable or chained further than its opening.
const scratchLimits = {
  syncBytes: Number.POSITIVE_INFINITY,
  maxUnsyncedBytes: Number.POSITIVE_INFINITY,
  segmentBytes: Number.POSITIVE_INFINITY,
  syncMs: 2 ** 31 - 1,
  segmentMs: 2 ** 31 - 1,
};

async function openScratch(order: Order): ReturnType<RecordingStore['openScratch']> {
  const { settings } = order;
  const limits = { ...settings.limits, ...scratchLimits };
  await mkdir(settings.root, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(settings.root, '.scratch-'));
  try {
    const { recorder } = await startRecorder(
      { ...order, settings: { ...settings, limits } },
      folder,
      settings.clock.now(),
    );
    return recorder;
  } finally {
    // The files go on without their names, and are gone with the last descriptor, whatever happens to this process.
    await rm(folder, { recursive: true, force: true });
  }
}

// The last folder must be new: a second recorder for the same session would write over evidence.
async function makeFolder({ root, minFreeBytes = defaultMinFreeBytes }: StoreSettings, folder: string): Promise<void> {
  const names = relative(root, dirname(folder)).split(sep);
  let above = dirname(root);
  for (const next of [root, ...names.map((_, index) => join(root, ...names.slice(0, index + 1)))]) {
    if (await makeOneFolder(next)) await syncFolder(above);
    above = next;
  }
  const { bavail, bsize } = await statfs(above);
  if (bavail * bsize < minFreeBytes) {
    const freeMiB = Math.floor((bavail * bsize) / (1024 * 1024));
    throw new Error(`The disk of the recordings has only ${freeMiB} MiB free.`);
  }
  await mkdir(folder, { mode: 0o700 });
  await syncFolder(above);
}

async function startRecorder(order: Order, folder: string, startedAt: Date) {
  const { settings, pool, subject, size, callbacks } = order;
  const opening = describeOpening(subject, size, startedAt);
  const line = openChain(opening);
  const files = await createParts(folder);
  const writer = new SegmentWriter(files, line, callbacks.onSegment);
  const startMs = settings.monotonicMs();
  const header = Buffer.from(headerOf(opening));
  try {
    await writeAll(files[chainName], [Buffer.from(formatChainLine(line))]);
    await files[chainName].datasync();
    await writer.write({ data: [header], timing: '', events: startEventOf(opening) });
    await writer.sync();
    await syncFolder(folder);
  } catch (error) {
    await writer.close();
    throw error;
  }
  const recorder = new SessionRecorder({
    writer,
    source: {
      dataFd: files.typescript.fd,
      headerBytes: header.length,
      eventsFd: files['events.ndjson'].fd,
      ...size,
    },
    pool,
    callbacks,
    limits: { ...defaultLimits, ...settings.limits },
    now: () => settings.clock.now(),
    onDurable: settings.onDurable,
    elapsedUs: () => Math.round((settings.monotonicMs() - startMs) * 1000),
    finish: ({ reason, outputBytes, durationMs }) => {
      const { seq, head, bytes, lines } = writer.written;
      const now = settings.clock.now().toISOString();
      const body = {
        ...opening,
        endedAt: now,
        sealedAt: now,
        durationMs,
        reason,
        outputBytes,
        files: {
          typescript: { bytes: bytes('typescript') },
          'typescript.timing': { bytes: bytes('typescript.timing'), lines: lines('typescript.timing') },
          'events.ndjson': { bytes: bytes('events.ndjson'), lines: lines('events.ndjson') },
        },
        gaps: [],
        openingHead: line.head,
        segments: seq,
        head,
      };
      return sealFolder(folder, body, settings.key);
    },
  });
  return { recorder, openingHead: line.head };
}

async function createParts(folder: string): Promise<PartFiles> {
  const made: Partial<PartFiles> = {};
  const create = async (part: keyof PartFiles) => {
    // Read as well: the screen of a session that runs is made from what was written.
    const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const handle = await open(join(folder, part), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    made[part] = handle;
    return handle;
  };
  try {
    return {
      [chainName]: await create(chainName),
      typescript: await create('typescript'),
      'typescript.timing': await create('typescript.timing'),
      'events.ndjson': await create('events.ndjson'),
    };
  } catch (error) {
    await Promise.all(Object.values(made).map((handle) => handle.close()));
    throw error;
  }
}

function describeOpening(subject: RecordingSubject, terminal: Opening['terminal'], startedAt: Date): Opening {
  const { sessionId, person, computer, account, mode, policy, terms, checkOut } = subject;
  return {
    format: recordingFormat,
    recorder: recorderVersion,
    sessionId,
    startedAt: startedAt.toISOString(),
    person: { id: person.id, name: person.name, email: person.email },
    computer: { id: computer.id, name: computer.name, server: computer.server, port: computer.port },
    account,
    mode,
    policy: { ...policy },
    ...(terms && { terms: { version: terms.version, sha256: terms.sha256 } }),
    ...(checkOut && { checkOut }),
    terminal: { columns: terminal.columns, rows: terminal.rows },
  };
}

function startEventOf({ startedAt, terminal, computer, account, person }: Opening): string {
  return formatEventLine(
    { at: startedAt, elapsedMs: 0, offset: 0 },
    { type: 'start', ...terminal, computer: computer.name, account, person: person.name, personId: person.id },
  );
}
