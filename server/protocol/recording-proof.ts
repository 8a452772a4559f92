import { z } from 'zod';
import './without-eval.ts';

/** What the verifier found of a recording. */
export const RecordingProofSchema = z.object({
  state: z.enum(['intact', 'unsealed', 'tampered', 'deleted']),
  /** Segments from the first on whose every byte is what the chain says. */
  intactSegments: z.number().int(),
  /** What is wrong with the recording, in whole sentences. */
  problems: z.array(z.string()),
  /** What is wrong with the audit log that it was compared with. */
  logProblems: z.array(z.string()),
  /** Heads of the audit log that it was compared with. */
  heads: z.number().int(),
  /** When it was found, ISO 8601, and how long that took. */
  at: z.string(),
  ms: z.number(),
});
export type RecordingProof = z.infer<typeof RecordingProofSchema>;

/** A line of the answer while a recording is verified; the last is `proof`, or `failed` with a sentence. */
export const ProofMessageSchema = z.union([
  z.object({ percent: z.number() }),
  z.object({ proof: RecordingProofSchema }),
  z.object({ failed: z.string() }),
]);
export type ProofMessage = z.infer<typeof ProofMessageSchema>;

/** One that was deleted as it should be is proven too: what is left of it says so, and is what it was. */
export function isProven({ state, logProblems }: Pick<RecordingProof, 'state' | 'logProblems'>): boolean {
  return (state === 'intact' || state === 'deleted') && logProblems.length === 0;
}
