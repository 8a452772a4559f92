// Contract: the log says which query failed and why, and never with which values.
import { eq } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { people } from '../db/schema.ts';
import { aPerson } from '../db/testing/builders.ts';
import { testDatabase } from '../db/testing/database.ts';
import { toldError } from './told-error.ts';

it('tells of a failed query what the database said, and no value of it', async () => {
  await using database = await testDatabase();
  const { db } = database.connection;
  const person = await aPerson(db);
  const change = { passwordHash: 'the hash\n    at (nowhere)', name: 'a secret\0name' };
  const error = await db
    .update(people)
    .set(change)
    .where(eq(people.id, person.id))
    .catch((reason: unknown) => reason);
  if (!(error instanceof Error)) throw new TypeError('The query did not fail.');
  const told = toldError(error);
  expect(told).toMatchObject({ message: expect.stringContaining('update "people"'), cause: { code: '22021' } });
  expect(told.stack).toContain('told-error.test.ts');
  expect(JSON.stringify(told)).not.toMatch(/the hash|a secret/);
});

it('keeps anything else as it is', () => {
  const error = Object.assign(new Error('a $& b'), { code: 'ENOENT', password: 'x' });
  expect(toldError(error)).toEqual({ name: 'Error', message: 'a $& b', stack: error.stack, code: 'ENOENT' });
});
