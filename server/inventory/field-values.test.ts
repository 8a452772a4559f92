// Contract: a value of a field is what its type says or is refused beside the field in words; empty is none; what becomes a
// link can neither run nor carry a password; a name that objects have by themselves is a name like any other.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FieldType, fieldTypes } from '../protocol/session-words.ts';
import { FieldValuesInputSchema, readFieldValue, readFieldValues } from './field-values.ts';

const readingOf = (type: FieldType, given: string | number | boolean) => {
  const read = readFieldValue(type, given);
  return read.ok ? read.value : read.problem;
};

describe('a value', () => {
  it.each([
    ['text', '  web, db  ', 'web, db'],
    ['text', 'Größe 大', 'Größe 大'],
    ['number', '42', 42],
    ['number', ' -0.5 ', -0.5],
    ['number', 7, 7],
    ['boolean', 'true', true],
    ['boolean', false, false],
    ['date', '2028-02-29', '2028-02-29'],
    ['url', 'https://wiki.example/page?x=1', 'https://wiki.example/page?x=1'],
    ['url', 'HTTP://wiki.example', 'http://wiki.example/'],
  ] as const)('of type %s reads %j', (type, given, value) => {
    expect(readingOf(type, given)).toBe(value);
  });

  it.each([
    ['text', 'two\nlines', 'on one line'],
    ['text', 'x'.repeat(1001), 'at most 1000'],
    ['text', 'half \ud800 a character', 'on one line'],
    ['number', '1e9', 'Enter a number'],
    ['number', '0x10', 'Enter a number'],
    ['number', 'Infinity', 'Enter a number'],
    ['number', '9'.repeat(16), 'at most 15 digits'],
    ['boolean', 'perhaps', 'yes or no'],
    ['date', '2027-02-29', 'YYYY-MM-DD'],
    ['date', '29.02.2028', 'YYYY-MM-DD'],
    ['date', '2027-13-01', 'YYYY-MM-DD'],
    ['url', 'javascript:alert(1)', 'https://'],
    ['url', ' data:text/html,x', 'https://'],
    ['url', 'https://', 'https://'],
    ['url', 'https://ada:secret@wiki.example/', 'Leave user name and password out'],
    ['url', `https://wiki.example/${'x'.repeat(2000)}`, 'at most 2000'],
  ] as const)('of type %s refuses %j', (type, given, says) => {
    expect(readingOf(type, given)).toContain(says);
  });

  it.each(fieldTypes)('of type %s is none when empty', (type) => {
    for (const empty of ['', '   ', '\t']) expect(readFieldValue(type, empty)).toEqual({ ok: true, value: undefined });
  });

  it('never throws, and what was read once reads the same again', () => {
    fc.assert(
      fc.property(fc.constantFrom(...fieldTypes), fc.string({ unit: 'binary' }), (type, text) => {
        const read = readFieldValue(type, text);
        if (read.ok && read.value !== undefined) expect(readFieldValue(type, read.value)).toEqual(read);
      }),
    );
  });
});

describe('the values of a record', () => {
  const field = (name: string, type: FieldType = 'text', isRequired = false) => ({
    name,
    label: name.toUpperCase(),
    type,
    isRequired,
  });

  it('are kept by the names of their fields, empty ones left out', () => {
    const fields = [field('Owner'), field('Port', 'number'), field('Note')];
    expect(readFieldValues(fields, { Owner: 'Ada', Port: '22', Note: ' ' })).toEqual({
      ok: true,
      value: { Owner: 'Ada', Port: 22 },
    });
  });

  it('are refused beside the field that is wrong, missing or not there', () => {
    const fields = [field('Owner', 'text', true), field('Port', 'number')];
    const refused = (given: Record<string, string>) => readFieldValues(fields, given);
    expect(refused({ Owner: 'Ada', Port: 'ssh' })).toMatchObject({ params: { field: 'fields.Port' } });
    expect(refused({ Port: '22' })).toMatchObject({
      params: { field: 'fields.Owner', problem: 'Enter a value for OWNER.' },
    });
    expect(refused({ Owner: 'Ada', Other: 'x' })).toMatchObject({ params: { field: 'fields.Other' } });
  });

  it('may be called as objects call their own things', () => {
    const fields = [field('constructor', 'text', true), field('toString')];
    expect(readFieldValues(fields, {})).toMatchObject({ params: { field: 'fields.constructor' } });
    const read = readFieldValues(fields, { constructor: 'Ada' } as unknown as Record<string, string>);
    expect(read).toEqual({ ok: true, value: Object.fromEntries([['constructor', 'Ada']]) });
  });

  it('come from a form as texts, numbers or yes and no, and nothing else', () => {
    expect(FieldValuesInputSchema.safeParse({ a: 'x', b: 1, c: true }).success).toBe(true);
    for (const given of [{ a: null }, { a: {} }, { a: ['x'] }, { ['n'.repeat(64)]: 'x' }, { a: 'x'.repeat(2001) }]) {
      expect(FieldValuesInputSchema.safeParse(given).success).toBe(false);
    }
  });
});
