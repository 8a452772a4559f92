import { headers } from 'next/headers';
import { notFound, redirect } from 'next/navigation';
import type { z } from 'zod';
import { type Actor, type Context, type Outcome, portalContext, refuse, sentenceOf, whoIs } from '#server/portal.ts';
import type { ActionResult } from './components/action-result.ts';
import { fieldProblems } from './field-problems.ts';
import { inWords } from './in-words.ts';
import { localPath } from './local-path.ts';

type UseCase<Input, T> = (ctx: Context, actor: Actor, input: Input) => Promise<Outcome<T>>;

/** A server action: parses what the browser sent, asks who it is, runs the use case, and answers in words. */
export function withPerson<Schema extends z.ZodType, T>(schema: Schema, act: UseCase<z.output<Schema>, T>) {
  return async (input: z.input<Schema>): Promise<ActionResult<T>> => {
    const parsed = schema.safeParse(input);
    if (!parsed.success) return fieldProblems(parsed.error);
    const cookies = await cookieHeader();
    return answered(async (ctx) => {
      const actor = await whoIs(ctx, cookies);
      return actor.ok ? act(ctx, actor.value, parsed.data) : actor;
    });
  };
}

/** A server action for somebody who is not signed in yet. */
export function withVisitor<Schema extends z.ZodType, T>(
  schema: Schema,
  act: (ctx: Context, input: z.output<Schema>) => Promise<Outcome<T>>,
) {
  return async (input: z.input<Schema>): Promise<ActionResult<T>> => {
    const parsed = schema.safeParse(input);
    if (!parsed.success) return fieldProblems(parsed.error);
    return answered((ctx) => act(ctx, parsed.data));
  };
}

// What nobody expected goes to our log, which knows what must not be written; the browser hears only that it failed.
async function answered<T>(work: (ctx: Context) => Promise<Outcome<T>>): Promise<ActionResult<T>> {
  const ctx = await portalContext();
  try {
    const outcome = await work(ctx);
    return outcome.ok ? outcome : inWords(outcome);
  } catch (err) {
    ctx.log.error('An action failed', { err });
    return inWords(refuse('unavailable'));
  }
}

/**
 * Who is asking for this page. Anyone who is not signed in is sent to the sign-in page, and back from there to `next`:
 * the page itself, unless told otherwise.
 */
export async function currentActor(next?: string): Promise<Actor> {
  const actor = await whoIs(await portalContext(), await cookieHeader());
  if (actor.ok) return actor.value;
  const path = localPath(next ?? (await headers()).get('x-sallyport-path'));
  redirect(path === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(path)}`);
}

export async function cookieHeader(): Promise<string | undefined> {
  return (await headers()).get('cookie') ?? undefined;
}

/** What a page shows, or the page that says why not: `not-found` for what may not be seen, since both read the same. */
export function pageValue<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  if (outcome.code === 'not_found' || outcome.code === 'forbidden') notFound();
  if (outcome.code === 'not_signed_in' || outcome.code === 'signed_out') redirect('/sign-in');
  throw new Error(sentenceOf(outcome));
}
