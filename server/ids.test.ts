// Contract: ids are UUIDv7, unique, and sort by the time they were made; `isUuid` lets nothing else through to a query.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUuid, newId } from './ids.ts';

describe('newId', () => {
  it('is a UUID of version 7 and variant 10 that carries its milliseconds', () => {
    const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    const id = newId(nowMs);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(nowMs);
  });

  it('sorts by time as text', () => {
    const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
    fc.assert(
      fc.property(time, time, (a, b) => {
        fc.pre(a !== b);
        expect(newId(a) < newId(b)).toBe(a < b);
      }),
    );
  });

  it('does not repeat within a millisecond', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => newId(1)))).toHaveProperty('size', 10_000);
  });
});

describe('isUuid', () => {
  it.each(['', 'x', newId().slice(1), `${newId()} `, `${newId()}\n`, newId().replaceAll('-', ''), `{${newId()}}`])(
    'refuses %j',
    (text) => expect(isUuid(text)).toBe(false),
  );

  it('takes any case', () => {
    expect(isUuid(newId().toUpperCase())).toBe(true);
  });
});
