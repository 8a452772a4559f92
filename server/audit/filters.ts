import { type Outcome, ok, refuse } from '../errors.ts';
import { isUuid, type SessionId } from '../ids.ts';
import type { AuditKind } from './events.ts';
import { type AuditFamily, auditFamilies, auditKinds } from './kinds.ts';

/** Which part of the log somebody asks for. Texts are parts of words, in any case. */
export type AuditFilters = {
  /** A family or a single kind. */
  kind?: AuditFamily | AuditKind;
  /** Name, email or id: what they did, and what was done to them. */
  person?: string;
  session?: SessionId;
  /** Name or id: what was done to it, and the sessions on it. */
  computer?: string;
  from?: Date;
  /** The first moment that is too late. */
  until?: Date;
  /** Anywhere in what was written down. */
  text?: string;
};

/** As an address carries them. */
export type FilterParams = Readonly<Record<string, string | undefined>>;

export const filterNames = ['kind', 'person', 'session', 'computer', 'from', 'until', 'text'] as const;
type FilterName = (typeof filterNames)[number];

const longestText = 200;

/** Reads filters from an address. One that means nothing is refused: without it the page would show more than was asked. */
export function readAuditFilters(params: FilterParams): Outcome<AuditFilters> {
  const filters: AuditFilters = {};
  for (const name of filterNames) {
    const text = params[name]?.trim();
    if (!text) continue;
    if (text.length > longestText || text.includes('\0')) return wrong(name, problems[name]);
    const value = readers[name](text);
    if (value === undefined) return wrong(name, problems[name]);
    Object.assign(filters, { [name]: value });
  }
  if (filters.from && filters.until && filters.from >= filters.until) {
    return wrong('until', 'The end must be later than the beginning.');
  }
  return ok(filters);
}

/** The same filters as an address and as evidence, each in its one spelling. */
export function filterParams(filters: AuditFilters): Record<string, string> {
  const entries = filterNames.flatMap((name) => {
    const value = filters[name];
    return value === undefined ? [] : [[name, value instanceof Date ? value.toISOString() : value] as const];
  });
  return Object.fromEntries(entries);
}

/** The kinds that a filter stands for. */
export function kindsOf(kind: AuditFamily | AuditKind): AuditKind[] {
  return isFamily(kind) ? allKinds.filter((each) => auditKinds[each].family === kind) : [kind];
}

/** All kinds in words, under the titles of their families; for the filter on a screen. */
export function auditKindChoices(): {
  family: AuditFamily;
  title: string;
  kinds: { kind: AuditKind; title: string }[];
}[] {
  return families.map((family) => ({
    family,
    title: auditFamilies[family],
    kinds: kindsOf(family).map((kind) => ({ kind, title: auditKinds[kind].title })),
  }));
}

const allKinds = Object.keys(auditKinds) as AuditKind[];
const families = Object.keys(auditFamilies) as AuditFamily[];

const isFamily = (text: string): text is AuditFamily => Object.hasOwn(auditFamilies, text);
const isKind = (text: string): text is AuditKind => Object.hasOwn(auditKinds, text);

const same = (text: string) => text;
const readers: Record<FilterName, (text: string) => unknown> = {
  kind: (text) => (isFamily(text) || isKind(text) ? text : undefined),
  person: same,
  session: (text) => (isUuid(text) ? text.toLowerCase() : undefined),
  computer: same,
  from: readMoment,
  until: readMoment,
  text: same,
};

const momentProblem = 'Enter a date and a time in UTC, such as 2026-03-01T12:00.';
const problems: Record<FilterName, string> = {
  kind: 'Choose a kind from the list.',
  person: 'Enter part of a name or an email address, at most 200 characters.',
  session: 'Enter the whole id of a session.',
  computer: 'Enter part of the name of a computer, at most 200 characters.',
  from: momentProblem,
  until: momentProblem,
  text: 'Enter at most 200 characters.',
};

const momentPattern = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d(?:\.\d{1,3})?)?Z?)?$/;

/** What a `datetime-local` field holds, or ISO 8601, always in UTC. */
function readMoment(text: string): Date | undefined {
  const [, day, minute = '00:00', second = ':00'] = momentPattern.exec(text) ?? [];
  const moment = new Date(`${day}T${minute}${second}Z`);
  // The 30th of February would quietly become a day in March.
  return Number.isNaN(moment.getTime()) || !moment.toISOString().startsWith(`${day}T${minute}`) ? undefined : moment;
}

function wrong(field: FilterName, problem: string): Outcome<never> {
  return refuse('invalid_input', { field, problem });
}
