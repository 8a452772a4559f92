// Contract: whoever plays a recording reads where they are, sees where something happened and how much was written, gets
// a way to each event, and has a button with a name for everything that keys do.
import { describe, expect, test } from 'vitest';
import { element, markupOf } from '#app/testing/markup.ts';
import { formatTimingStep } from '#server/protocol/typescript.ts';
import type { EventLine } from '#server/protocol/typescript-events.ts';
import { Playback } from './playback.ts';
import { PlayerControls } from './player-controls.tsx';
import { PlayerEvents } from './player-events.tsx';
import { buildTimeline, type Track, wholeTrack } from './timeline.ts';

const moment = (elapsedMs: number) => ({ at: '2026-03-01T10:00:00.000Z', elapsedMs, offset: 0 });
const events: EventLine[] = [
  {
    ...moment(0),
    type: 'start',
    columns: 80,
    rows: 24,
    computer: 'web-1',
    account: 'root',
    person: 'p',
    personId: 'i',
  },
  { ...moment(30_000), type: 'resize', columns: 100, rows: 30 },
  { ...moment(60_000), type: 'paste', bytes: 5, allowed: false },
];

function playbackOf(change: Partial<Track> = {}): Playback {
  const timing = new TextEncoder().encode(formatTimingStep({ delayUs: 120e6, bytes: 1 }));
  const track = wholeTrack(buildTimeline(timing, events, 1), new Uint8Array(1));
  return new Playback({ ...track, ...change }, { reset() {}, resize() {}, write: (_, done) => done() });
}

const controls = (playback = playbackOf()) =>
  markupOf(element(PlayerControls, { playback, view: playback, onFullScreen: () => {} }));
const list = (playback = playbackOf(), positionMs = 0) => markupOf(element(PlayerEvents, { playback, positionMs }));

describe('the controls', () => {
  test.each(['Play', 'Back to the start', 'Output before', 'Next output', 'Copy a link to this moment', 'Full screen'])(
    'have %s by name',
    (name) => {
      expect(controls().html).toContain(`aria-label="${name}"`);
    },
  );

  test('say the position to eye and ear', () => {
    const playback = playbackOf();
    playback.seek(61_000);
    expect(controls(playback).text).toContain('01:01 / 02:00');
    expect(controls(playback).html).toContain('1 minute 1 second of 2 minutes');
  });

  test('show where something happened, but not the start, which is where everybody begins', () => {
    const { html } = controls();
    expect(html).toContain('title="Resized to 100 × 30"');
    expect(html).toContain('left:25%');
    expect(html).toContain('left:50%');
    expect(html).not.toContain('Started on');
  });

  test('show how much was written, where that is known', () => {
    expect(controls().html).not.toContain('viewBox="0 0 12 1"');
    const bytes = Uint32Array.from({ length: 12 }, (_, i) => i * 1000);
    expect(controls(playbackOf({ activity: { bucketMs: 10_000, bytes } })).html).toContain('viewBox="0 0 12 1"');
  });
});

describe('the list of events', () => {
  test('names each with its moment', () => {
    const { text } = list();
    expect(text).toContain('3 events');
    expect(text).toContain('Started on web-1 as root');
    expect(text).toContain('01:00 Tried to paste 5 bytes');
  });

  test('marks the one that was last', () => {
    expect(list(playbackOf(), 45_000).html).toMatch(/aria-current="true"[^>]*>.*?00:30/);
  });

  test('is not there when nothing happened, and has an end when much did', () => {
    expect(list(playbackOf({ marks: [] })).html).toBe('');
    const many = Array.from({ length: 600 }, (_, n) => ({ ...moment(n), type: 'policy' as const, text: `note ${n}` }));
    expect(list(playbackOf({ marks: many })).text).toContain('The first 500 of them');
  });
});
