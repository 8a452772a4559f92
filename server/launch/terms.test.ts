/**
 * Contract: a version of the terms is put in force by an administrator and never changed; everybody is asked once for
 * each. What somebody agrees to is the text that was on their screen, by its hash: another one is not agreed to with it.
 * However many publish or agree at the same moment, there is one version after the other and one acceptance of each.
 */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditEvents, termsAcceptances, terms as termsTable } from '../../db/schema.ts';
import { aPerson } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import {
  AcceptTermsInputSchema,
  acceptedTerms,
  acceptTerms,
  hashOfTerms,
  PublishTermsInputSchema,
  publishTerms,
  readTerms,
} from './terms.ts';
import { signIn } from './testing/signed-in.ts';

let database: TestDatabase;
let ctx: Context;
let admin: Actor;
let user: Actor;

beforeAll(async () => {
  database = await testDatabase();
  ctx = database.context();
  admin = await actor(['admin']);
  user = await actor();
});
afterAll(async () => {
  await database?.close();
});

async function actor(roles: ('admin' | 'auditor' | 'user')[] = ['user']): Promise<Actor> {
  return (await signIn(ctx, await aPerson(ctx.connection.db, { roles }))).actor;
}

let published = 0;
async function publish(text = `Text number ${published}`) {
  published += 1;
  return publishTerms(ctx, admin, PublishTermsInputSchema.parse({ text }));
}

/** The version in force, as its reader's screen names it. */
async function shown(reader = user) {
  const { terms } = valueIn(await readTerms(ctx, reader));
  if (!terms) throw new Error('There are no terms.');
  return AcceptTermsInputSchema.parse(terms);
}

async function acceptances(personId: string) {
  const rows = await ctx.connection.db.select().from(termsAcceptances);
  return rows.filter((row) => row.personId === personId).map(({ version }) => version);
}

describe('before there are any', () => {
  test('nobody is asked, and nothing can be agreed to', async () => {
    expect(valueIn(await readTerms(ctx, user))).toEqual({ terms: null, accepted: true });
    expect(valueIn(await acceptedTerms(ctx.connection.db, user.person.id))).toBeNull();
    const made = { version: 1, sha256: 'a'.repeat(64) };
    expect(await acceptTerms(ctx, user, made)).toEqual({ ok: false, code: 'terms_changed' });
  });
});

describe('publishing', () => {
  test('is for administrators', async () => {
    for (const who of [user, await actor(['auditor'])]) {
      expect(await publishTerms(ctx, who, { text: 'Mine.' })).toMatchObject({ ok: false, code: 'forbidden' });
    }
    expect(await ctx.connection.db.select().from(termsTable)).toEqual([]);
  });

  test('puts the next version in force at once, with the hash that everybody can compute', async () => {
    const text = 'You are recorded.\nÜberall. 🦀';
    const { version } = valueIn(await publish(text));
    const { terms } = valueIn(await readTerms(ctx, user));
    const sha256 = createHash('sha256').update(Buffer.from(text, 'utf8')).digest('hex');
    expect(terms).toMatchObject({ version, text, sha256 });
    expect(hashOfTerms(text)).toBe(sha256);
    const events = await ctx.connection.db.select().from(auditEvents);
    expect(events.filter(({ kind }) => kind === 'terms.published')).toMatchObject([{ subject: { version, sha256 } }]);
  });

  test('the same text again is refused by its field, wherever its lines end', async () => {
    valueIn(await publish('One.\nTwo.'));
    expect(await publish(' One.\r\nTwo.\n ')).toMatchObject({ ok: false, code: 'conflict', params: { field: 'text' } });
    const other = valueIn(await publish('One.\n\nTwo.'));
    expect(other.version).toBe((await shown()).version);
  });

  test.each(['', '   ', '\n\n', 'x'.repeat(50_001)])('%# is no text', (text) => {
    expect(PublishTermsInputSchema.safeParse({ text }).success).toBe(false);
  });

  test('by many at the same moment never makes two of one version', async () => {
    const before = (await shown()).version;
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => publish()));
    const made = outcomes.flatMap((each) =>
      each.status === 'fulfilled' && each.value.ok ? [each.value.value.version] : [],
    );
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made).size).toBe(made.length);
    expect((await shown()).version).toBe(before + made.length);
  });
});

describe('agreeing', () => {
  test('is once for each version, however often somebody does', async () => {
    const reader = await actor();
    const terms = await shown(reader);
    expect(await acceptedTerms(ctx.connection.db, reader.person.id)).toMatchObject({ code: 'terms_not_accepted' });
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => acceptTerms(ctx, reader, terms)));
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(await acceptances(reader.person.id)).toEqual([terms.version]);
    expect(valueIn(await acceptedTerms(ctx.connection.db, reader.person.id))).toEqual(terms);
    expect(valueIn(await readTerms(ctx, reader))).toMatchObject({ accepted: true });
    const events = await ctx.connection.db.select().from(auditEvents);
    const accepted = events.filter(({ kind, actorId }) => kind === 'terms.accepted' && actorId === reader.person.id);
    expect(accepted).toHaveLength(1);
  });

  test('to an earlier version, a later one or another text agrees to nothing', async () => {
    const reader = await actor();
    const earlier = await shown(reader);
    valueIn(await publish());
    const { version, sha256 } = await shown(reader);
    for (const claim of [
      earlier,
      { version: version + 1, sha256 },
      { version, sha256: earlier.sha256 },
      { version: earlier.version, sha256 },
      { version, sha256: '0'.repeat(64) },
    ]) {
      expect(await acceptTerms(ctx, reader, claim)).toEqual({ ok: false, code: 'terms_changed' });
    }
    expect(await acceptances(reader.person.id)).toEqual([]);
  });

  test('is for oneself alone, and a new version asks again', async () => {
    const [one, other] = [await actor(), await actor()];
    valueIn(await acceptTerms(ctx, one, await shown(one)));
    expect(valueIn(await readTerms(ctx, one)).accepted).toBe(true);
    expect(valueIn(await readTerms(ctx, other)).accepted).toBe(false);
    valueIn(await publish());
    expect(valueIn(await readTerms(ctx, one)).accepted).toBe(false);
  });

  test.each([
    { version: 0, sha256: 'a'.repeat(64) },
    { version: 1.5, sha256: 'a'.repeat(64) },
    { version: 1, sha256: 'A'.repeat(64) },
    { version: 1, sha256: 'a'.repeat(63) },
  ])('%j is not even a claim', (claim) => {
    expect(AcceptTermsInputSchema.safeParse(claim).success).toBe(false);
  });
});
