import { open } from 'node:fs/promises';
import headless from '@xterm/headless';
import { loadRecording } from '../../app/components/recording-player/load-recording.ts';
import { Playback, type PlaybackScreen } from '../../app/components/recording-player/playback.ts';
import type { LongRecording } from '../recordings.ts';
import { percentile } from '../rounds.ts';
import { size } from '../subjects/subject.ts';
import type { Bench, Figure } from './figure.ts';

const seeks = 60;
const aimMs = 300;
/** A linear replay that goes anywhere with the same chance is at 95 % of the recording or before in 95 of 100 cases. */
const linearPart = 0.95;
const readBytes = 256 * 1024;

/** From nothing to the screen at a moment somewhere in 1 GB, as a link to a moment opens it. */
export const seekReplay: Figure = {
  name: 'replay.seek_p95',
  unit: 'ms',
  aim: { words: `under ${aimMs} ms`, isMet: ({ ours }) => ours < aimMs },
  peerName: 'xterm from the beginning',
  measure: async (bench) => {
    const long = await bench.long();
    const samples: number[] = [];
    const before = process.cpuUsage();
    // Spread evenly, and in an order that goes back and forth.
    for (let n = 0; n < seeks; n += 1) samples.push(await msToShow(bench, long, ((n * 37) % seeks) / seeks));
    const { user, system } = process.cpuUsage(before);
    const [half, busy] = [percentile(samples, 50), (user + system) / 1000 / seeks].map((ms) => ms.toFixed(0));
    const notes = [`Half of them in ${half} ms; each took ${busy} ms of the processor where it is shown.`];
    const peer = (await parseSeconds(long, linearPart)) * 1000;
    return { ours: percentile(samples, 95), peer, notes };
  },
};

/** What reading a recording to its end costs, for each MB of it: its check, its index and its text. */
export const indexCost: Figure = {
  name: 'recording.index_cost',
  unit: 'ms',
  aim: { words: 'under 5 times that', isMet: ({ ours, peer }) => ours < 5 * peer },
  peerName: 'xterm alone',
  measure: async (bench) => {
    const long = await bench.long();
    const part = 0.25;
    const megabytes = long.bytes / 1e6;
    const { indexBytes } = long.indexed;
    return {
      ours: (long.indexSeconds * 1000) / megabytes,
      peer: ((await parseSeconds(long, part)) * 1000) / (megabytes * part),
      notes: [`${megabytes.toFixed(0)} MB, and ${((100 * indexBytes) / long.bytes).toFixed(1)} % more on disk.`],
    };
  },
};

async function msToShow({ baseUrl, auditor }: Bench, { sessionId }: LongRecording, part: number): Promise<number> {
  const local: typeof fetch = (path, init) =>
    fetch(`${baseUrl}${path}`, { ...init, headers: { ...init?.headers, cookie: auditor.cookie } });
  const startedAt = performance.now();
  const options = { fetch: local, signal: new AbortController().signal, onProgress: () => {} };
  const loaded = await loadRecording(sessionId, options);
  if (!loaded.ok) throw new Error(loaded.sentence);
  const { track } = loaded;
  const screen = new Screen();
  await new Promise<void>((resolve, reject) => {
    const playback: Playback = new Playback(track, screen, () => {
      if (playback.problem) reject(new Error(playback.problem));
      else if (!playback.isCatchingUp && !screen.isWriting) resolve();
    });
    playback.seek(part * track.durationMs);
  });
  const ms = performance.now() - startedAt;
  screen.dispose();
  return ms;
}

/** As players do that have no index. It is on this disk already: what it takes to get there does not count. */
async function parseSeconds({ typescriptPath, bytes }: LongRecording, part: number): Promise<number> {
  const file = await open(typescriptPath);
  const screen = new Screen();
  screen.reset(size);
  const startedAt = performance.now();
  const end = bytes * part;
  for (let at = 0; at < end; at += readBytes) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(readBytes), 0, readBytes, at);
    await new Promise<void>((resolve) => screen.write(buffer.subarray(0, bytesRead), resolve));
  }
  const seconds = (performance.now() - startedAt) / 1000;
  screen.dispose();
  await file.close();
  return seconds;
}

class Screen implements PlaybackScreen {
  readonly #terminal = new headless.Terminal({ cols: 80, rows: 24, scrollback: 5000, allowProposedApi: true });
  isWriting = false;

  reset(to: { columns: number; rows: number }): void {
    this.#terminal.reset();
    this.resize(to);
  }

  resize({ columns, rows }: { columns: number; rows: number }): void {
    this.#terminal.resize(columns, rows);
  }

  write(bytes: Uint8Array, done: () => void): void {
    this.isWriting = true;
    this.#terminal.write(bytes, () => {
      this.isWriting = false;
      done();
    });
  }

  dispose(): void {
    this.#terminal.dispose();
  }
}
