/**
 * Contract: the audit log is filtered by what an address says, to the letter. A filter that means nothing is refused
 * with the field it is in, because a page without it would show more than was asked for. The same filters always have
 * the same spelling, since that spelling is itself evidence.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { valueIn } from '../../db/testing/value-in.ts';
import { auditKindChoices, filterNames, filterParams, kindsOf, readAuditFilters } from './filters.ts';
import { auditFamilies, auditKinds } from './kinds.ts';

const session = '0190B6A0-0000-7000-8000-00000000000A';

describe('what an address says', () => {
  test('is nothing where it is empty or blank', () => {
    const nothing = { kind: '', person: '  ', session: undefined, computer: '', from: '', until: ' ', text: '' };
    expect(valueIn(readAuditFilters(nothing))).toEqual({});
    expect(valueIn(readAuditFilters({}))).toEqual({});
  });

  test('may be a family of kinds or one kind', () => {
    expect(valueIn(readAuditFilters({ kind: 'launches' }))).toEqual({ kind: 'launches' });
    expect(valueIn(readAuditFilters({ kind: 'identity.alarm' }))).toEqual({ kind: 'identity.alarm' });
  });

  test('is read in one spelling', () => {
    expect(valueIn(readAuditFilters({ session, person: ' Ada ' }))).toEqual({
      session: session.toLowerCase(),
      person: 'Ada',
    });
  });

  test.each([
    ['2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01T12:30', '2026-03-01T12:30:00.000Z'],
    ['2026-03-01T12:30:45', '2026-03-01T12:30:45.000Z'],
    ['2026-03-01T12:30:45.5Z', '2026-03-01T12:30:45.500Z'],
  ])('as a moment %s is in UTC', (from, moment) => {
    expect(valueIn(readAuditFilters({ from })).from?.toISOString()).toBe(moment);
  });

  test.each([
    ['kind', 'everything'],
    ['kind', 'toString'],
    ['kind', '__proto__'],
    ['session', 'x'],
    ['session', session.slice(1)],
    ['from', 'yesterday'],
    ['from', '2026-02-30'],
    ['from', '2026-03-01T25:00'],
    ['until', '2026-03-01T12:30+02:00'],
    ['person', 'x'.repeat(201)],
    ['text', 'a\0b'],
  ])('of %s as %j is refused by its field', (field, text) => {
    expect(readAuditFilters({ [field]: text })).toMatchObject({ ok: false, code: 'invalid_input', params: { field } });
  });

  test('of a time that ends before it begins is refused', () => {
    const read = readAuditFilters({ from: '2026-03-02', until: '2026-03-01' });
    expect(read).toMatchObject({ ok: false, params: { field: 'until' } });
    expect(readAuditFilters({ from: '2026-03-01', until: '2026-03-01' })).toMatchObject({ ok: false });
  });
});

test('filters that were read are read the same from their own spelling', () => {
  const moment = fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });
  const params = fc.record(
    {
      kind: fc.constantFrom(...Object.keys(auditKinds), ...Object.keys(auditFamilies)),
      person: fc.string({ maxLength: 250 }),
      text: fc.string({ maxLength: 250 }),
      from: moment.map((date) => date.toISOString()),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(params, (given) => {
      const read = readAuditFilters(given);
      if (!read.ok) return;
      const spelling = filterParams(read.value);
      expect(Object.keys(spelling)).toEqual(filterNames.filter((name) => name in spelling));
      expect(valueIn(readAuditFilters(spelling))).toEqual(read.value);
    }),
  );
});

describe('the kinds', () => {
  test('of a family are those of its name, and every kind is in exactly one', () => {
    const families = Object.keys(auditFamilies) as (keyof typeof auditFamilies)[];
    const all = families.flatMap((family) => kindsOf(family));
    expect(all.toSorted()).toEqual(Object.keys(auditKinds).toSorted());
    for (const family of families) expect(kindsOf(family).length, family).toBeGreaterThan(0);
    expect(kindsOf('identity.alarm')).toEqual(['identity.alarm']);
  });

  test('are offered with words for people', () => {
    for (const { title, kinds } of auditKindChoices()) {
      expect(title).toMatch(/^[A-Z]/);
      for (const kind of kinds) expect(kind.title, kind.kind).toMatch(/^[A-Z][^.]*$/);
    }
  });
});
