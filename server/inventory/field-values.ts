import { z } from 'zod';
import { type Outcome, ok } from '../errors.ts';
import type { FieldType } from '../protocol/session-words.ts';
import { wrongField } from './credential-refusals.ts';

export type FieldValue = string | number | boolean;
export type FieldValues = Record<string, FieldValue>;
type Field = { name: string; label: string; type: FieldType; isRequired: boolean };

const longestText = 1000;
const longestUrl = 2000;
const mostDigits = 15;

/** Values of added fields as a form sends them, by the names of the fields. What each must be like says its type. */
export const FieldValuesInputSchema = z
  .record(
    z.string().max(63),
    z.union([z.string().max(longestUrl, 'This is too long.'), z.number(), z.boolean()], 'Enter a value.'),
  )
  .optional();

/**
 * Reads what was entered for the fields of a record type: each by its type, empty ones left out. Refuses with
 * `invalid_input` at `fields.<name>`; a field that the type does not have is refused too.
 */
export function readFieldValues(fields: readonly Field[], given: Readonly<FieldValues>): Outcome<FieldValues> {
  const strange = Object.keys(given).find((name) => !fields.some((field) => field.name === name));
  if (strange !== undefined) {
    return wrongField(`fields.${strange}`, 'This record type has no such field any more. Load the page again.');
  }
  const values: [string, FieldValue][] = [];
  for (const field of fields) {
    const entered = Object.hasOwn(given, field.name) ? given[field.name] : undefined;
    const read = readFieldValue(field.type, entered ?? '');
    if (!read.ok) return wrongField(`fields.${field.name}`, read.problem);
    if (read.value !== undefined) values.push([field.name, read.value]);
    else if (field.isRequired) return wrongField(`fields.${field.name}`, `Enter a value for ${field.label}.`);
  }
  return ok(Object.fromEntries(values));
}

export type ReadValue = { ok: true; value: FieldValue | undefined } | { ok: false; problem: string };

/** One value by its type; `undefined` for nothing entered. */
export function readFieldValue(type: FieldType, given: FieldValue): ReadValue {
  const text = String(given).trim();
  if (text === '') return { ok: true, value: undefined };
  return readers[type](text);
}

const readers: Record<FieldType, (text: string) => ReadValue> = {
  text: (text) => {
    if (text.length > longestText) return wrong(`Enter at most ${longestText} characters.`);
    return /[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text) ? wrong('Enter a text on one line.') : right(text);
  },
  number: (text) => {
    const digits = text.replace(/\D/g, '').length;
    if (!/^[+-]?\d+(\.\d+)?$/.test(text)) return wrong('Enter a number, such as 42 or 0.5.');
    return digits > mostDigits ? wrong(`Enter a number of at most ${mostDigits} digits.`) : right(Number(text));
  },
  boolean: (text) => {
    if (text === 'true' || text === 'false') return right(text === 'true');
    return wrong('Choose yes or no.');
  },
  date: (text) => {
    const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text) && isoDayOf(text) === text;
    return isDate ? right(text) : wrong('Enter a date as YYYY-MM-DD.');
  },
  url: (text) => readUrl(text),
};

function isoDayOf(text: string): string | undefined {
  const at = new Date(`${text}T00:00:00Z`);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString().slice(0, 10);
}

// It becomes a link, and whoever sees the credential sees it: nothing that runs, and no password in it.
function readUrl(text: string): ReadValue {
  if (text.length > longestUrl) return wrong(`Enter at most ${longestUrl} characters.`);
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return wrong('Enter an address that begins with https://.');
  const { username, password, href } = new URL(text);
  return username || password ? wrong('Leave user name and password out of the address.') : right(href);
}

function right(value: FieldValue): ReadValue {
  return { ok: true, value };
}

function wrong(problem: string): ReadValue {
  return { ok: false, problem };
}
