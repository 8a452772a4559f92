import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import {
  findCurrentTerms,
  hasAccepted,
  insertAcceptance,
  insertTerms,
  pageOfTerms,
  type TermsHistoryRow,
  type TermsRow,
} from '../../db/queries/terms.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { PersonId } from '../ids.ts';
import { refuseNonAdministrator } from '../inventory/refuse-non-administrator.ts';
import type { ListQuery, Page } from '../protocol/list-query.ts';
import type { TermsSort } from '../protocol/list-sorts.ts';

/** A version of the terms and its text, by hash: what is kept with a session as evidence. */
export type AcceptedTerms = { version: number; sha256: string };

/** The terms in force and whether this person has agreed to them; `terms` is null while there are none. */
export type TermsForPerson = { terms: TermsRow | null; accepted: boolean };

export async function readTerms(ctx: Context, actor: Actor): Promise<Outcome<TermsForPerson>> {
  const { db } = ctx.connection;
  const terms = (await findCurrentTerms(db)) ?? null;
  return ok({ terms, accepted: terms === null || (await hasAccepted(db, actor.person.id, terms)) });
}

export const AcceptTermsInputSchema = z.object({
  version: z.number().int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Agrees to the version in force. The hash says which text was on the screen; another one is `terms_changed`. */
export async function acceptTerms(
  ctx: Context,
  actor: Actor,
  { version, sha256 }: z.output<typeof AcceptTermsInputSchema>,
): Promise<Outcome<undefined>> {
  const personId = actor.person.id;
  return ctx.audit.transact(async (tx, record) => {
    const terms = await findCurrentTerms(tx);
    if (terms?.version !== version || terms.sha256 !== sha256) return refuse('terms_changed');
    const isNew = await insertAcceptance(tx, { personId, version, sha256, acceptedAt: ctx.clock.now() });
    if (isNew) record({ kind: 'terms.accepted', actorId: personId, subject: { version, sha256 } });
    return ok(undefined);
  });
}

/** What this person agreed to of the terms in force: null while there are none. Refuses with `terms_not_accepted`. */
export async function acceptedTerms(tx: Tx, personId: PersonId): Promise<Outcome<AcceptedTerms | null>> {
  const terms = await findCurrentTerms(tx);
  if (!terms) return ok(null);
  if (!(await hasAccepted(tx, personId, terms))) return refuse('terms_not_accepted');
  return ok({ version: terms.version, sha256: terms.sha256 });
}

export const PublishTermsInputSchema = z.object({
  text: z
    .string()
    .trim()
    .min(1, 'Enter the text that people agree to.')
    .max(50_000, 'Enter at most 50,000 characters.')
    .transform((text) => text.replace(/\r\n?/g, '\n')),
});

/** Puts a new version in force. Everybody is asked again before their next session; running ones go on. */
export async function publishTerms(
  ctx: Context,
  actor: Actor,
  { text }: z.output<typeof PublishTermsInputSchema>,
): Promise<Outcome<{ version: number }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const sha256 = hashOfTerms(text);
  return ctx.audit.transact(async (tx, record) => {
    const current = await findCurrentTerms(tx);
    if (current?.sha256 === sha256) {
      return refuse('conflict', { field: 'text', problem: 'This is the text that is in force already.' });
    }
    const version = (current?.version ?? 0) + 1;
    await insertTerms(tx, { version, text, sha256, publishedAt: ctx.clock.now(), publishedBy: actor.person.id });
    record({ kind: 'terms.published', actorId: actor.person.id, subject: { version, sha256 } });
    return ok({ version });
  });
}

export type { TermsHistoryRow } from '../../db/queries/terms.ts';

/** The versions, the latest first unless asked otherwise, each with how many accepted it. */
export async function listTerms(
  ctx: Context,
  actor: Actor,
  query: ListQuery<TermsSort>,
): Promise<Outcome<Page<TermsHistoryRow>>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await pageOfTerms(ctx.connection.db, query));
}

/** Hex of SHA-256 over the text in UTF-8, as everybody can compute it again. */
export function hashOfTerms(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
