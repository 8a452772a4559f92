import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newId } from '../../ids.ts';
import { recordingFolder } from '../folder.ts';
import type { RecordingKey } from '../manifest.ts';
import type { Recorder, RecordingStore, RecordingSubject } from '../port.ts';
import { createRecordingStore, type StoreSettings } from '../store.ts';

export function makeKey(id = 'test-key'): RecordingKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { id, privateKeyPem: privateKey, publicKeyPem: publicKey };
}

export function makeSubject(sessionId: string = newId()): RecordingSubject {
  return {
    sessionId,
    person: { id: '0198c5a0-0000-7000-8000-000000000001', name: 'Ada "Böse" Łove\nlace', email: 'ada@example.test' },
    computer: { id: 7, name: 'web-1', server: '192.0.2.7', port: 22 },
    account: 'root',
    mode: 'SSH',
    policy: { recording: 'required', allowCopy: false },
  };
}

export const size = { columns: 80, rows: 24 };

export type Opened = {
  recorder: Recorder;
  path: string;
  folder: string;
  sessionId: string;
  openingHead: string;
  segments: { seq: number; head: string }[];
  failures: Error[];
};

export type TestStore = AsyncDisposable & {
  root: string;
  key: RecordingKey;
  store: RecordingStore;
  open(subject?: RecordingSubject): Promise<Opened>;
};

/** A store in a folder of its own, which goes with it. The clock is the real one unless `monotonicMs` is given. */
export async function makeStore(
  options: { root?: string; monotonicMs?: () => number } & Pick<
    StoreSettings,
    'limits' | 'leastFreeBytes' | 'maxScratchBytes' | 'onDurable'
  > = {},
): Promise<TestStore> {
  const { limits, leastFreeBytes, maxScratchBytes, onDurable, monotonicMs = () => performance.now() } = options;
  const made = options.root === undefined ? await mkdtemp(join(tmpdir(), 'sallyport-recording-')) : undefined;
  const root = options.root ?? made ?? '';
  const key = makeKey();
  const clock = { now: () => new Date() };
  const bounds = { limits, leastFreeBytes, maxScratchBytes };
  const store = createRecordingStore({ root, key, clock, monotonicMs, onDurable, ...bounds });
  return {
    root,
    key,
    store,
    async open(subject = makeSubject()) {
      const segments: Opened['segments'] = [];
      const failures: Error[] = [];
      const callbacks = {
        onSegment: (seq: number, head: string) => void segments.push({ seq, head }),
        onFailure: (error: Error) => void failures.push(error),
      };
      const { recorder, path, openingHead } = await store.open(subject, size, callbacks);
      const folder = recordingFolder(root, path);
      return { recorder, path, folder, sessionId: subject.sessionId, openingHead, segments, failures };
    },
    async [Symbol.asyncDispose]() {
      if (made) await rm(made, { recursive: true, force: true });
    },
  };
}

/** What the host wrote, as the typescript must hold it after its header line. */
export async function outputIn(folder: string): Promise<Buffer> {
  const data = await readFile(join(folder, 'typescript'));
  return data.subarray(data.indexOf('\n') + 1);
}

/** What scriptreplay prints, without the line feed that it adds at its end. */
export async function replay(folder: string): Promise<Buffer> {
  const { stdout } = await promisify(execFile)(
    'scriptreplay',
    ['-t', join(folder, 'typescript.timing'), '-O', join(folder, 'typescript'), '-m', '0.000001', '-d', '1000'],
    { encoding: 'buffer', maxBuffer: 256 * 1024 * 1024 },
  );
  return stdout.subarray(0, -1);
}

/** Feeds output as a host would that is held back while the recorder asks for it. */
export async function feed(recorder: Recorder, chunks: Iterable<Uint8Array>): Promise<void> {
  for (const chunk of chunks) {
    recorder.output(chunk);
    if (recorder.queuedBytes <= 4 * 1024 * 1024) continue;
    await new Promise<void>((resolve) => {
      recorder.onDrain = resolve;
    });
  }
}

/** How many files below `root` this process has open. */
export function countOpenFiles(root: string): number {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // closed meanwhile
    }
  });
  return targets.filter((target) => target.startsWith(`${root}/`)).length;
}
