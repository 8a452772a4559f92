import { type Refusal, sentenceOf } from '#server/portal.ts';
import type { ActionRefusal } from './components/action-result.ts';

/** A refusal as an action answers it. A use case may name the field that is wrong in `params.field`. */
export function inWords(refusal: Refusal): ActionRefusal {
  const message = sentenceOf(refusal);
  const field = refusal.params?.field;
  const fields = typeof field === 'string' ? { [field]: message } : undefined;
  return { ok: false, code: refusal.code, message, fields };
}
