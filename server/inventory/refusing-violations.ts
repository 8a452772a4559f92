import { violatedConstraint } from '../../db/violated-constraint.ts';
import type { Outcome, Refusal } from '../errors.ts';

/**
 * Runs a change and turns the breach of a known constraint into its refusal. The database is asked rather than looked
 * at first, because between looking and writing somebody else may write.
 */
export async function refusingViolations<T>(
  refusals: Record<string, Refusal>,
  change: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  try {
    return await change();
  } catch (error) {
    const refusal = refusals[violatedConstraint(error) ?? ''];
    if (refusal) return refusal;
    throw error;
  }
}
