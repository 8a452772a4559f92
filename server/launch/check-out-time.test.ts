/**
 * Contract: a check-out lasts as long as was asked for and never longer than the right; a start that is to come is waited
 * for within the bounds of the delay; what cannot be is refused beside the field that says it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkOutTime, type WantedTime } from './check-out-time.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const at = (ms: number) => new Date(now.getTime() + ms);
const nothing: WantedTime = { checkOutStartDate: null, checkOutEndDate: null, connectionDelaySeconds: 0 };
const time = (wanted: Partial<WantedTime>, rightEndsAt: Date | null = null) =>
  checkOutTime({ ...nothing, ...wanted }, rightEndsAt, now);
const minuteMs = 60_000;

describe('the time of a check-out', () => {
  it('is that of the right when nothing was asked for', () => {
    expect(time({})).toEqual({ ok: true, value: { startsAt: null, endsAt: null, delaySeconds: 0 } });
    expect(time({}, at(5))).toMatchObject({ value: { endsAt: at(5) } });
  });

  it('ends when asked for, and with the right at the latest', () => {
    expect(time({ checkOutEndDate: at(5) }, at(9))).toMatchObject({ value: { endsAt: at(5) } });
    expect(time({ checkOutEndDate: at(9) }, at(5))).toMatchObject({ value: { endsAt: at(5) } });
    expect(time({ checkOutEndDate: at(9) })).toMatchObject({ value: { endsAt: at(9) } });
  });

  it.each([
    [{ checkOutStartDate: at(-minuteMs) }, 0],
    [{ checkOutStartDate: at(1) }, 1],
    [{ checkOutStartDate: at(1000) }, 1],
    [{ checkOutStartDate: at(1001) }, 2],
    [{ checkOutStartDate: at(10 * minuteMs) }, 600],
    [{ checkOutStartDate: at(1000), connectionDelaySeconds: 30 }, 30],
    [{ checkOutStartDate: at(minuteMs), connectionDelaySeconds: 30 }, 60],
    [{ connectionDelaySeconds: 600 }, 600],
  ])('%j waits %i s', (wanted, delaySeconds) => {
    expect(time(wanted)).toMatchObject({ ok: true, value: { delaySeconds } });
  });

  it.each([
    ['a start on another day', { checkOutStartDate: at(10 * minuteMs + 1) }, null, 'checkOutStartDate'],
    ['a start when the right is over', { checkOutStartDate: at(5000) }, at(5000), 'checkOutStartDate'],
    ['an end that is past', { checkOutEndDate: now }, null, 'checkOutEndDate'],
    ['an end before the start', { checkOutStartDate: at(5), checkOutEndDate: at(5) }, null, 'checkOutEndDate'],
  ])('refuses %s, and names the field', (_, wanted, rightEndsAt, field) => {
    const refused = time(wanted, rightEndsAt);
    expect(refused).toMatchObject({ ok: false, code: 'invalid_input', params: { field } });
    expect(refused.ok || refused.params?.problem).toMatch(/\.$/);
  });

  it('never lasts longer than the right, nor begins before it is waited for', () => {
    const moment = fc.option(fc.integer({ min: -20 * minuteMs, max: 20 * minuteMs }).map(at));
    const delay = fc.integer({ min: 0, max: 600 });
    fc.assert(
      fc.property(moment, moment, moment, delay, (start, end, right, connectionDelaySeconds) => {
        const outcome = time({ checkOutStartDate: start, checkOutEndDate: end, connectionDelaySeconds }, right);
        if (!outcome.ok) return;
        const { endsAt, delaySeconds } = outcome.value;
        if (right) expect(endsAt && endsAt <= right).toBe(true);
        if (end) expect(endsAt && endsAt <= end).toBe(true);
        if (start) expect(at(delaySeconds * 1000) >= start).toBe(true);
        expect(delaySeconds).toBeLessThanOrEqual(600);
      }),
    );
  });
});
