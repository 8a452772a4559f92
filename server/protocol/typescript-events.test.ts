/**
 * The contract: an event survives its line of `events.ndjson`; a reader takes only events that it knows, and skips
 * lines of a newer program or of a damaged file instead of failing on them; every event reads as words.
 */
import { describe, expect, it } from 'vitest';
import { formatEventLine, markText, parseEventLine, parseEvents, type RecordingEvent } from './typescript-events.ts';

const moment = { at: '2026-01-02T03:04:05.678Z', elapsedMs: 1500, offset: 4096 };
const events: RecordingEvent[] = [
  { type: 'start', columns: 80, rows: 24, computer: 'web', account: 'root', person: 'Ada\n"L"', personId: 'p' },
  { type: 'resize', columns: 120, rows: 40 },
  { type: 'input', text: 'ls\r\u0003é\u2028' },
  { type: 'paste', bytes: 12, allowed: false },
  { type: 'policy', text: 'Recording is required.' },
  { type: 'kill', reason: 'terminated', by: 'Grace' },
  { type: 'exit', reason: 'exited', exitStatus: 130 },
  { type: 'exit', reason: 'left' },
];

describe('an event line', () => {
  it.each(events)('carries a $type on one line and back', (event) => {
    const line = formatEventLine(moment, event);
    expect(line.match(/\n/g)).toHaveLength(1);
    expect(parseEventLine(line.trimEnd())).toEqual({ ...moment, ...event });
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"type":"resize","columns":80,"rows":24}',
    JSON.stringify({ ...moment, type: 'teleport' }),
    JSON.stringify({ ...moment, type: 'resize', columns: '80', rows: 24 }),
    JSON.stringify({ ...moment, offset: -1, type: 'resize', columns: 80, rows: 24 }),
    JSON.stringify({ ...moment, type: 'exit', reason: 'bored' }),
  ])('is not made of %j', (line) => {
    expect(parseEventLine(line)).toBeUndefined();
  });

  it('is found among lines that are none', () => {
    const text = `${events.map((event) => formatEventLine(moment, event)).join('garbage\n')}{"at":"20`;
    expect(parseEvents(text).map(({ type }) => type)).toEqual(events.map(({ type }) => type));
  });
});

const who = { person: 'Ada', personId: 'x' };

it.each([
  [{ type: 'resize', columns: 100, rows: 30 }, 'Resized to 100 × 30'],
  [{ type: 'paste', bytes: 1, allowed: false }, 'Tried to paste 1 byte'],
  [{ type: 'paste', bytes: 12, allowed: true }, 'Pasted 12 bytes'],
  [{ type: 'policy', text: 'Five minutes left.' }, 'Five minutes left.'],
  [{ type: 'join', role: 'viewer', ...who }, 'Ada began to watch'],
  [{ type: 'leave', role: 'viewer', ...who }, 'Ada stopped watching'],
  [{ type: 'join', role: 'owner', ...who }, 'Ada came back'],
  [{ type: 'leave', role: 'owner', ...who }, 'Ada went away'],
  [{ type: 'kill', reason: 'terminated', by: 'x' }, 'Ended by somebody else'],
  [{ type: 'exit', reason: 'exited' }, 'Ended'],
  [{ type: 'input', text: 'secret' }, 'Typed'],
  [{ type: 'start', columns: 1, rows: 1, computer: 'web-1', account: 'root', ...who }, 'Started on web-1 as root'],
] as const)('%j reads %s', (event, text) => {
  expect(markText(event)).toBe(text);
});
