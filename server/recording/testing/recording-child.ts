/**
 * A process that records until it is killed. Arguments: root, session id, bytes per millisecond.
 * Prints `path <path>`, then after each millisecond of output `<bytes given so far> <milliseconds of wall clock>`.
 */
import { writeSync } from 'node:fs';
import { createRecordingStore } from '../store.ts';
import { makeKey, makeSubject, size } from './test-store.ts';

const [root = '', sessionId = '', bytesPerMs = '1000'] = process.argv.slice(2);
const store = createRecordingStore({
  root,
  key: makeKey(),
  clock: { now: () => new Date() },
  monotonicMs: () => performance.now(),
  limits: { segmentBytes: 64 * 1024 },
});
const told = (line: string) => writeSync(1, `${line}\n`);
const { recorder, path } = await store.open(makeSubject(sessionId), size, {
  onSegment: (seq, head) => told(`segment ${seq} ${head}`),
  onFailure: (error) => {
    throw error;
  },
});
told(`path ${path}`);
// Each byte follows from its place, so that whoever reads the recording knows what should be there.
const pattern = Buffer.from(Array.from({ length: 251 }, (_, index) => index));
const endless = Buffer.concat(Array.from({ length: 1000 }, () => pattern));
let given = 0;
setInterval(() => {
  const length = Math.min(Number(bytesPerMs), 200_000);
  const at = given % pattern.length;
  recorder.output(endless.subarray(at, at + length));
  given += length;
  if (given % (7 * length) === 0) recorder.event({ type: 'resize', columns: 80 + (given % 40), rows: 24 });
  told(`${given} ${Date.now()}`);
}, 1);
