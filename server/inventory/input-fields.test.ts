/**
 * Contract: what people type into a form is stored as they see it or not at all. A name is one line that can be read and
 * cannot pass for another by characters that are not to be seen; a moment, a port, an id is exactly one, and empty is
 * none where that may be.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ComputerIdSchema,
  DescriptionSchema,
  idSchema,
  NameSchema,
  OptionalMomentSchema,
  optionalIdSchema,
  PortSchema,
  ServerSchema,
  UsernameSchema,
} from './input-fields.ts';

const problemOf = (result: { success: boolean; error?: { issues: { message: string }[] } }) =>
  result.error?.issues[0]?.message;

describe('a name', () => {
  test('is trimmed, and may be in any script', () => {
    expect(NameSchema.parse('  Büro 東京 دفتر 🦀 ')).toBe('Büro 東京 دفتر 🦀');
  });

  test.each(['', '   ', '\u3000'])('%j is none', (text) => {
    expect(problemOf(NameSchema.safeParse(text))).toBe('Enter a name.');
  });

  test.each(['two\nlines', 'a\tb', 'bell\u0007', 'sep\u2028arated', 'c1\u009b'])('%j is not one line', (text) => {
    expect(NameSchema.safeParse(text).success).toBe(false);
  });

  test.each([
    ['turned around', 'txt.\u202eexe'],
    ['isolated', 'a\u2066b'],
    ['of no width', 'ad\u200bmin'],
    ['joined by nothing', 'ad\u2060min'],
    ['softly hyphenated', 'ad\u00admin'],
    ['filled by Hangul', 'ad\u3164min'],
    ['marked as a file', 'ad\ufeffmin'],
    ['half a character', 'a\ud83e'],
  ])('that is %s is refused', (_, text) => {
    expect(NameSchema.safeParse(`x${text}x`).success).toBe(false);
  });

  test('has an end', () => {
    expect(NameSchema.safeParse('x'.repeat(120)).success).toBe(true);
    expect(NameSchema.safeParse('x'.repeat(121)).success).toBe(false);
  });

  test('that passes stays what it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const parsed = NameSchema.safeParse(text);
        if (parsed.success) expect(NameSchema.parse(parsed.data)).toBe(parsed.data);
      }),
    );
  });
});

test('a user name keeps spaces inside, and follows the rules of names', () => {
  expect(UsernameSchema.parse(' DOMAIN\\ada lovelace ')).toBe('DOMAIN\\ada lovelace');
  for (const text of ['', ' ', 'a\nb', 'ad\u200bmin', 'x'.repeat(257)]) {
    expect(UsernameSchema.safeParse(text).success, JSON.stringify(text)).toBe(false);
  }
});

test('a description may have lines, and nothing that a database cannot hold', () => {
  expect(DescriptionSchema.parse(undefined)).toBe('');
  expect(DescriptionSchema.parse(' one\ntwo ')).toBe('one\ntwo');
  for (const text of ['a\0b', 'a\ud800', 'x'.repeat(2001)])
    expect(DescriptionSchema.safeParse(text).success).toBe(false);
});

test('a server is stored in one spelling, and the problem says what to enter', () => {
  expect(ServerSchema.parse(' DB1.Example. ')).toBe('db1.example');
  expect(problemOf(ServerSchema.safeParse('ssh://db1.example'))).toContain('db1.example');
  expect(ServerSchema.safeParse('').success).toBe(false);
});

test.each([
  ['22', 22],
  [65_535, 65_535],
  ['0', undefined],
  ['65536', undefined],
  ['', undefined],
  ['22.5', undefined],
  ['ssh', undefined],
  [null, undefined],
])('a port %j is %j', (text, port) => {
  expect(PortSchema.safeParse(text).data).toBe(port);
});

test.each([
  ['7', 7],
  [7, 7],
  ['0', undefined],
  ['-1', undefined],
  ['x', undefined],
  ['', undefined],
])('the id of a computer %j is %j', (text, id) => {
  expect(ComputerIdSchema.safeParse(text).data).toBe(id);
});

describe('an id', () => {
  const id = '0190B6A0-0000-7000-8000-00000000000A';

  test('is in small letters', () => {
    expect(idSchema().parse(id)).toBe(id.toLowerCase());
    expect(idSchema('Choose a policy.').safeParse('x').error?.issues[0]?.message).toBe('Choose a policy.');
  });

  test('may be none where it is optional, and is never half of one', () => {
    const optional = optionalIdSchema();
    for (const none of ['', null, undefined]) expect(optional.parse(none)).toBeNull();
    expect(optional.parse(id)).toBe(id.toLowerCase());
    for (const wrong of ['x', id.slice(1), 7, {}]) expect(optional.safeParse(wrong).success).toBe(false);
  });
});

describe('a moment', () => {
  test.each(['', null, undefined])('%j is none', (none) => {
    expect(OptionalMomentSchema.parse(none)).toBeNull();
  });

  test.each([
    ['2026-03-01T12:00:00Z', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01T12:00:00+02:00', '2026-03-01T10:00:00.000Z'],
    ['2026-03-01T12:00:00.250Z', '2026-03-01T12:00:00.250Z'],
  ])('%s has its offset', (text, moment) => {
    expect(OptionalMomentSchema.parse(text)?.toISOString()).toBe(moment);
  });

  test.each(['2026-03-01', '2026-03-01T12:00:00', '12:00', 'tomorrow', '2026-02-30T12:00:00Z', '1969-12-31T23:59:59Z'])(
    '%s is none that could be meant',
    (text) => {
      expect(OptionalMomentSchema.safeParse(text).success).toBe(false);
    },
  );

  test('that is no date is refused', () => {
    expect(OptionalMomentSchema.safeParse(new Date('x')).success).toBe(false);
  });
});
