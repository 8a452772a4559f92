import { DrizzleQueryError } from 'drizzle-orm';
import postgres from 'postgres';

/** The name of the constraint or unique index that a failed statement would have broken; `undefined` for other errors. */
export function violatedConstraint(error: unknown): string | undefined {
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  if (!(cause instanceof postgres.PostgresError) || !cause.code.startsWith('23')) return undefined;
  return cause.constraint_name;
}
