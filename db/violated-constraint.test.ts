// Contract: what PostgreSQL says about a refused statement is understood wherever the error comes from. The built portal
// has copies of drizzle's and the driver's classes, so that an error is an instance of none that it knows.
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { people } from './schema.ts';
import { aPerson } from './testing/builders.ts';
import { type TestDatabase, testDatabase } from './testing/database.ts';
import { violatedConstraint } from './violated-constraint.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** As the class of another copy would have made it. */
function copyOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const copy = Object.assign(new Error(error.message), error, { name: 'e' });
  if (error.cause !== undefined) copy.cause = copyOf(error.cause);
  return copy;
}

describe('a refused statement', () => {
  it('names the constraint, also in an error of another copy of the classes', async () => {
    const { db } = database.connection;
    const { email } = await aPerson(db);
    const error = await errorOf(aPerson(db, { email: email.toUpperCase() }));
    expect(violatedConstraint(error)).toBe('people_email');
    expect(violatedConstraint(copyOf(error))).toBe('people_email');
  });

  it('names nothing for anything else', async () => {
    const untakable = await errorOf(aPerson(database.connection.db, { name: 'a\0b' }));
    const wrong = await errorOf(database.connection.db.select({ x: sql`no_such_column` }).from(people));
    for (const error of [untakable, wrong, new Error('x'), undefined, 'x', { code: '23505', constraint_name: 'x' }]) {
      expect(violatedConstraint(error)).toBeUndefined();
    }
  });
});
