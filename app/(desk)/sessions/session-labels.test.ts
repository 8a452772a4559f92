// Contract: every state of a session and of its recording has words of its own; a crash and a failure are never hidden.
import { expect, test } from 'vitest';
import { sessionStates } from '#server/protocol/session-words.ts';
import { bytesText, holdLabel, lastedMs, recordingLabel, stateLabel } from './session-labels.ts';

test('every state reads differently', () => {
  const texts = sessionStates.map((state) => stateLabel(state).text);
  expect(new Set(texts).size).toBe(sessionStates.length);
});

test.each([
  [null, 'None', 'neutral'],
  [{ state: 'writing', sealReason: null, playable: 'unknown' }, 'Being written', 'accent'],
  [{ state: 'sealed', sealReason: 'closed', playable: 'playable' }, 'Sealed', 'ok'],
  [{ state: 'sealed', sealReason: 'crash', playable: 'unknown' }, 'Sealed after a crash', 'warn'],
  [{ state: 'sealed', sealReason: 'crash', playable: 'unplayable' }, 'Cannot be played', 'danger'],
  [{ state: 'failed', sealReason: 'ENOSPC', playable: 'unplayable' }, 'Failed', 'danger'],
  [{ state: 'failed', sealReason: 'forged', playable: 'unplayable' }, 'Forged', 'danger'],
  [{ state: 'deleted', sealReason: 'closed', playable: 'unplayable' }, 'Deleted', 'neutral'],
] as const)('%j reads %s', (recording, text, tone) => {
  expect(recordingLabel(recording)).toEqual({ text, tone });
});

test('a hold is said beside the state', () => {
  const recording = { state: 'sealed', sealReason: 'closed', playable: 'playable' } as const;
  expect(holdLabel({ ...recording, heldAt: new Date() })).toEqual({ text: 'On hold', tone: 'accent' });
  expect([holdLabel(null), holdLabel(recording), holdLabel({ ...recording, heldAt: null })]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('a session lasts from its opening to its end, or to now', () => {
  const openedAt = new Date(1000);
  expect(lastedMs({ openedAt, endedAt: new Date(4000) }, new Date(9000))).toBe(3000);
  expect(lastedMs({ openedAt, endedAt: null }, new Date(9000))).toBe(8000);
  expect(lastedMs({ openedAt: null, endedAt: new Date(4000) }, new Date(9000))).toBeUndefined();
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [1_440_000, '1.4 MB'],
  [256_000_000, '256 MB'],
])('%d bytes read %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
