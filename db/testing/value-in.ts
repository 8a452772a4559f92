import { type Outcome, sentenceOf } from '../../server/errors.ts';

/** The value of an outcome that a test takes for granted; fails the test with the refusal's sentence otherwise. */
export function valueIn<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.code}: ${sentenceOf(outcome)}`);
  return outcome.value;
}
