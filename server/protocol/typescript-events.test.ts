/**
 * The contract: an event survives its line of `events.ndjson`; a reader takes only events that it knows, and skips
 * lines of a newer program or of a damaged file instead of failing on them.
 */
import { describe, expect, it } from 'vitest';
import { formatEventLine, parseEventLine, parseEvents, type RecordingEvent } from './typescript-events.ts';

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
