/**
 * After a lost connection what was not taken is sent again, to the byte: whatever was sent in whatever pieces, and however
 * much of it was taken, taken and rest together are what was typed.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputLog, type SentInput } from './input-log.ts';

const text = (inputs: readonly SentInput[]) =>
  inputs.map(({ bytes }) => Buffer.from(bytes).toString('latin1')).join('');
const typed = (words: string): SentInput => ({ kind: 'data', bytes: Buffer.from(words, 'latin1') });

describe('what is sent again', () => {
  test('is everything while nothing was taken', () => {
    const log = new InputLog();
    log.add(typed('ab'));
    log.add({ kind: 'paste', bytes: Buffer.from('cd') });
    expect(log.rest.map(({ kind }) => kind)).toEqual(['data', 'paste']);
    expect(text(log.rest)).toBe('abcd');
  });

  test('is the rest, also of one frame', () => {
    const log = new InputLog();
    log.add(typed('abc'));
    log.add(typed('def'));
    log.taken(4);
    expect(text(log.rest)).toBe('ef');
    log.taken(2); // late word of an earlier moment
    expect(text(log.rest)).toBe('ef');
    log.taken(100); // more than was ever sent from here
    expect(text(log.rest)).toBe('');
  });

  test('begins with what a session had taken before this browser came', () => {
    const log = new InputLog();
    log.add(typed('old'));
    log.begin(1000);
    log.add(typed('new'));
    log.taken(1001);
    expect(text(log.rest)).toBe('ew');
  });

  test('stays within bounds when a host takes nothing', () => {
    const log = new InputLog();
    for (let i = 0; i < 100; i += 1) log.add(typed('x'.repeat(64 * 1024)));
    expect(text(log.rest).length).toBeLessThanOrEqual(4 * 1024 * 1024);
    log.taken(100 * 64 * 1024);
    expect(log.rest).toEqual([]);
  });

  test('together with what was taken is what was typed', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 8 })), fc.nat(200), fc.nat(100), (words, base, taken) => {
        const log = new InputLog();
        log.begin(base);
        for (const word of words) log.add(typed(word.replace(/[^ -~]/g, '?')));
        const all = text(log.rest);
        log.taken(base + Math.min(taken, all.length));
        expect(all.slice(0, Math.min(taken, all.length)) + text(log.rest)).toBe(all);
      }),
    );
  });
});
