import { z } from 'zod';
import { computersLike, hasViewed, peopleLike } from '../../db/queries/audit-log.ts';
import { findDeskSession } from '../../db/queries/desk-sessions.ts';
import {
  countWithoutTexts,
  type DescribedText,
  describeTexts,
  type FoundLine,
  findTexts,
  linesOf,
  type TextCondition,
  type TextPlace,
  textStateOf,
} from '../../db/queries/recording-texts.ts';
import { type AuditFilters, type FilterParams, filterParams, readAuditFilters } from '../audit/filters.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { isUuid, type SessionId } from '../ids.ts';
import { factsOf } from './session-row.ts';

/** Shorter text stands in every line, and cannot be found by its trigrams. */
const shortestText = 3;
const longestText = 200;
const pageSize = 25;
const mostInOne = 500;
// No sign-in lives longer, so this reaches back to its beginning.
const searchingMs = 12 * 3_600_000;

export const searchFilterNames = ['text', 'person', 'computer', 'from', 'until'] as const;

/** A line in which the text was found, with those around it; `at`: when it stood there. */
export type TextHit = {
  sessionId: SessionId;
  personName: string;
  computerName: string;
  at: Date;
  elapsedMs: number;
  seq: number;
  text: string;
  before: string | undefined;
  after: string | undefined;
  /** Where not, a screen keeps it from being selected. */
  mayCopy: boolean;
};

export type SearchedRecordings = {
  hits: TextHit[];
  next?: string;
  /** Recordings that were not searched, because their text is not there yet, or never will be. */
  unsearched: { waiting: number; never: number };
};

/** `filters` as an address carries them; `cursor` is the `next` of the page before. Without a text nothing is searched. */
export type SearchRecordingsInput = { filters?: FilterParams; cursor?: string | undefined };

/**
 * Text that stood on the screens of others, in all recordings, the latest first. What is searched for is written down
 * before anything of it is shown; turning the pages is not, unless nobody opened the first.
 */
export async function searchRecordings(
  ctx: Context,
  actor: Actor,
  { filters: params = {}, cursor }: SearchRecordingsInput,
): Promise<Outcome<SearchedRecordings>> {
  const decision = decide('search-recordings', actor, ctx.clock.now());
  if (!decision.allow) return refuse(decision.reason);
  const { db } = ctx.connection;
  const notOf = actor.person.id;
  const read = readFilters(params);
  if (!read.ok) return read;
  const filters = read.value;
  const unsearched = await countWithoutTexts(db, { notOf });
  const { text, person, computer, from, until } = filters;
  if (text === undefined) return ok({ hits: [], unsearched });
  const after = cursor === undefined ? undefined : placeOf(cursor);
  if (cursor !== undefined && !after) return noSuchPage();
  await noteSearch(ctx, actor, filters, after !== undefined);
  const condition: TextCondition = {
    text,
    notOf,
    people: person === undefined ? undefined : (await peopleLike(db, person)).ids,
    computers: computer === undefined ? undefined : (await computersLike(db, computer)).ids,
    from,
    until,
  };
  const found = await findTexts(db, condition, { after, limit: pageSize + 1 });
  if (found === 'too long') return refuse('invalid_input', { field: 'text', problem: tooCommon });
  const shown = found.slice(0, pageSize);
  const hits = (await describeTexts(db, shown)).map((line) => hitOf(ctx, actor, line));
  const last = shown.at(-1);
  return ok({ hits, unsearched, ...(found.length > pageSize && last && { next: `${last.sessionId}.${last.seq}` }) });
}

function hitOf(
  ctx: Context,
  actor: Actor,
  { sessionId, loginSessionId, state, policy, person, computer, startedAt, ...line }: DescribedText,
): TextHit {
  const session = { id: sessionId, personId: person.id, loginSessionId, state };
  return {
    ...line,
    sessionId,
    personName: person.name,
    computerName: computer.name,
    at: new Date(startedAt.getTime() + line.elapsedMs),
    mayCopy: decide('copy-recording', { ...actor, session, allowCopy: policy.allowCopy }, ctx.clock.now()).allow,
  };
}

function readFilters(params: FilterParams): Outcome<AuditFilters> {
  const known = Object.fromEntries(searchFilterNames.map((name) => [name, params[name]]));
  const read = readAuditFilters(known);
  if (!read.ok || read.value.text === undefined || isLongEnough(read.value.text)) return read;
  return tooShort();
}

const isLongEnough = (text: string) => text.trim().length >= shortestText;

function tooShort(): Outcome<never> {
  return refuse('invalid_input', {
    field: 'text',
    problem: `Enter at least ${shortestText} characters to search for.`,
  });
}

async function noteSearch(ctx: Context, actor: Actor, filters: AuditFilters, isLaterPage: boolean): Promise<void> {
  const actorId = actor.person.id;
  const params = filterParams(filters);
  const since = new Date(ctx.clock.now().getTime() - searchingMs);
  const kind = 'recording.searched';
  if (isLaterPage && (await hasViewed(ctx.connection.db, { kind, actorId, filters: params, since }))) return;
  await ctx.audit.append({ kind, actorId, subject: { filters: params } });
}

function placeOf(cursor: string): TextPlace | undefined {
  const [, sessionId = '', seq] = /^([0-9a-f-]{36})\.(\d{1,9})$/.exec(cursor) ?? [];
  return isUuid(sessionId) ? { sessionId: sessionId as SessionId, seq: Number(seq) } : undefined;
}

const tooCommon =
  'This stands in too many lines to be searched so narrowly. Enter more of the line, or fewer conditions.';

function noSuchPage(): Outcome<never> {
  return refuse('invalid_input', { problem: 'This page of the search does not exist. Start again from the first.' });
}

export const SearchRecordingInputSchema = z.object({
  sessionId: z.uuid().transform((id) => id as SessionId),
  text: z
    .string()
    .trim()
    .min(shortestText, `Enter at least ${shortestText} characters.`)
    .max(longestText)
    .refine((text) => !text.includes('\0'), 'Enter text as a screen shows it.'),
});

export type SearchedRecording = {
  /** In the order of time. */
  hits: FoundLine[];
  /** There are more than are given. */
  isCut: boolean;
  /** `false`: its text is not there yet, or never will be. */
  isSearchable: boolean;
  /** From this moment on not every line can be found. */
  leftOutFromMs: number | undefined;
};

/** Text that stood on the screen of one session. Each search is written down. */
export async function searchRecording(
  ctx: Context,
  actor: Actor,
  { sessionId, text }: z.output<typeof SearchRecordingInputSchema>,
): Promise<Outcome<SearchedRecording>> {
  const { db } = ctx.connection;
  const session = await findDeskSession(db, sessionId);
  if (!session) return refuse('not_found');
  const question = { ...actor, session: factsOf(session) };
  for (const action of ['see-session', 'view-recording'] as const) {
    const decision = decide(action, question, ctx.clock.now());
    if (!decision.allow) return refuse(decision.reason);
  }
  if (!session.recording || session.recording.state === 'deleted') return refuse('recording_unavailable');
  const subject = { filters: { text } };
  await ctx.audit.append({ kind: 'recording.searched', actorId: actor.person.id, sessionId, subject });
  const { isGathered, leftOutFromMs } = await textStateOf(db, sessionId);
  const found = isGathered ? await linesOf(db, sessionId, { text, limit: mostInOne + 1 }) : [];
  const isCut = found.length > mostInOne;
  return ok({ hits: found.slice(0, mostInOne), isCut, isSearchable: isGathered, leftOutFromMs });
}
