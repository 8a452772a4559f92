/**
 * The contract: what we write is what script(1) writes, so that scriptreplay(1) prints every byte of the output; what
 * we read is read the same however the file is cut into chunks; and nothing that is no timing line is taken for one.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createTimingParser,
  formatHeader,
  formatTimingStep,
  headerLength,
  maxDelayUs,
  type TimingStep,
} from './typescript.ts';

const start = { startedAt: '2026-01-02T03:04:05.678Z', sessionId: 'abc', columns: 80, rows: 24 };
const stepArbitrary = fc.record({
  delayUs: fc.integer({ min: 0, max: maxDelayUs }),
  bytes: fc.integer({ min: 1, max: 999_999_999_999_999 }),
});

function parseAll(text: string, chunkBytes = text.length || 1) {
  const parser = createTimingParser();
  const bytes = Buffer.from(text);
  const steps: TimingStep[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) steps.push(...parser.push(bytes.subarray(at, at + chunkBytes)));
  return { steps, parsedBytes: parser.parsedBytes, damaged: parser.damaged };
}

describe('a line of timing', () => {
  it.each([
    [0, 1, '0.000000 1\n'],
    [5, 3, '0.000005 3\n'],
    [500_000, 3, '0.500000 3\n'],
    [1_000_000, 4096, '1.000000 4096\n'],
    [61_000_001, 65_536, '61.000001 65536\n'],
    [999_999.6, 2, '1.000000 2\n'],
    [maxDelayUs + 1, 1, '86400.000000 1\n'],
    [-7, 1, '0.000000 1\n'],
  ])('writes %d µs and %d bytes as %j', (delayUs, bytes, line) => {
    expect(formatTimingStep({ delayUs, bytes })).toBe(line);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a step of %d bytes', (bytes) => {
    expect(() => formatTimingStep({ delayUs: 0, bytes })).toThrow(RangeError);
  });

  it('is read as it was written, whatever its values', () => {
    fc.assert(
      fc.property(stepArbitrary, (step) => {
        expect(parseAll(formatTimingStep(step)).steps).toEqual([step]);
      }),
    );
  });
});

describe('the timing parser', () => {
  it('finds the same steps however the file is cut', () => {
    fc.assert(
      fc.property(fc.array(stepArbitrary, { maxLength: 30 }), fc.integer({ min: 1, max: 40 }), (steps, chunkBytes) => {
        const text = steps.map(formatTimingStep).join('');
        expect(parseAll(text, chunkBytes)).toEqual({ steps, parsedBytes: text.length, damaged: false });
      }),
    );
  });

  it('answers only whole lines of a file that was cut at any byte', () => {
    const text = '0.000001 10\n12.345678 2000\n0.999999 3\n';
    for (let length = 0; length <= text.length; length += 1) {
      const { steps, parsedBytes, damaged } = parseAll(text.slice(0, length));
      expect(steps).toHaveLength(text.slice(0, length).split('\n').length - 1);
      expect(parsedBytes).toBe(text.slice(0, length).lastIndexOf('\n') + 1);
      expect(damaged).toBe(false);
    }
  });

  it.each([
    '0.5 3\n',
    '0.000000 0\n',
    '0.000000 00\n',
    '1e-3 5\n',
    '.000000 5\n',
    '-1.000000 5\n',
    '0,000000 5\n',
    '0.0000000 5\n',
    '0.000000  5\n',
    '0.000000 5 \n',
    '0.000000 5\r\n',
    'O 0.000000 5\n',
    '\n',
    ' \n',
    '0.000000\n',
    '\0\0\0\0',
    '1234567.000000 5\n',
    '0.000000 1234567890123456\n',
    'é',
  ])('stops at %j and keeps what came before', (bad) => {
    const good = '0.100000 7\n';
    for (const chunkBytes of [1, 3, 1000]) {
      const { steps, parsedBytes, damaged } = parseAll(`${good}${bad}${good}`, chunkBytes);
      expect({ steps, parsedBytes, damaged }).toEqual({
        steps: [{ delayUs: 100_000, bytes: 7 }],
        parsedBytes: good.length,
        damaged: true,
      });
    }
  });

  it('never throws, whatever it is fed, and never counts past its input', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
        const parser = createTimingParser();
        for (const chunk of chunks) {
          for (const step of parser.push(chunk)) expect(step.bytes).toBeGreaterThan(0);
        }
        expect(parser.parsedBytes).toBeLessThanOrEqual(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
      }),
    );
  });
});

describe('the header', () => {
  it('is one line, found once it is all there', () => {
    const header = Buffer.from(formatHeader(start));
    expect(header.toString().match(/\n/g)).toHaveLength(1);
    expect(headerLength(header)).toBe(header.length);
    expect(headerLength(Buffer.concat([header, Buffer.from('a\nb\n')]))).toBe(header.length);
    expect(headerLength(header.subarray(0, -1))).toBeUndefined();
  });
});

describe('scriptreplay', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-typescript-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function replay(pieces: Uint8Array[], delayUs: number): Buffer {
    const data = join(folder, 'typescript');
    const timing = join(folder, 'timing');
    writeFileSync(data, Buffer.concat([Buffer.from(formatHeader(start)), ...pieces]));
    writeFileSync(timing, pieces.map(({ length }) => formatTimingStep({ delayUs, bytes: length })).join(''));
    const printed = execFileSync('scriptreplay', ['--timing', timing, '--typescript', data, '--maxdelay', '0.001'], {
      maxBuffer: 64 * 1024 * 1024,
    });
    return printed.subarray(0, -1); // It ends with a line feed of its own.
  }

  it.each<[string, Buffer[]]>([
    ['plain text', [Buffer.from('hello\r\n'), Buffer.from('world\r\n')]],
    ['characters split between steps', [Buffer.from('e€').subarray(0, 2), Buffer.from('e€').subarray(2)]],
    ['carriage returns alone', [Buffer.from('\r'), Buffer.from('\n\r\r')]],
    ['bytes that are no text', [Buffer.from([0, 255, 254, 128, 13, 10, 0, 27])]],
    ['something like a header', [Buffer.from('Script started on ...\n'), Buffer.from('x')]],
    ['steps larger than its buffers', [Buffer.alloc(300_000, 'ä'), Buffer.alloc(1, 'b')]],
  ])('prints %s byte for byte', (_name, pieces) => {
    expect(replay(pieces, 1000).equals(Buffer.concat(pieces))).toBe(true);
  });

  it('prints whatever bytes a host may write', () => {
    const piecesArbitrary = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(piecesArbitrary, (pieces) => replay(pieces, 0).equals(Buffer.concat(pieces))),
      { numRuns: 25 },
    );
  });
});
