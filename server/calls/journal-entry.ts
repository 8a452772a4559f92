import { z } from 'zod';
import type { ApiTokenId, AwsCallId, PersonId, SessionId } from '../ids.ts';
import { awsRoutes } from '../protocol/aws-words.ts';

const id = <T extends string>() => z.uuid().transform((text) => text as T);
const moment = z.iso.datetime().transform((text) => new Date(text));

const ShownSchema = z.object({
  callId: id<AwsCallId>(),
  at: moment,
  route: z.enum(awsRoutes),
  address: z.string(),
  service: z.string(),
  operation: z.string().optional(),
  region: z.string(),
  host: z.string(),
  method: z.string(),
  path: z.string(),
  resource: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()),
  isRepeat: z.boolean(),
  command: z.string().optional(),
  userAgent: z.string().optional(),
});

const whose = { personId: id<PersonId>(), tokenId: id<ApiTokenId>(), sessionId: id<SessionId>() };

const EntrySchema = z.discriminatedUnion('kind', [
  /** Written before anything is forwarded; with `refusal`, of a call that a running session was not let make. */
  z.object({ kind: z.literal('called'), ...whose, shown: ShownSchema, refusal: z.string().optional() }),
  z.object({
    kind: z.literal('answered'),
    callId: id<AwsCallId>(),
    sessionId: id<SessionId>(),
    personId: id<PersonId>().nullable(),
    at: moment,
    status: z.number().optional(),
    awsRequestId: z.string().optional(),
    bytesIn: z.number(),
    bytesOut: z.number(),
    problem: z.string().optional(),
  }),
]);

/** What a line of the journal says. */
export type JournalEntry = z.output<typeof EntrySchema>;
export type CalledEntry = Extract<JournalEntry, { kind: 'called' }>;
export type AnsweredEntry = Extract<JournalEntry, { kind: 'answered' }>;

/** `undefined` for a line that is not one of ours, or not all of one. */
export function readEntry(line: string): JournalEntry | undefined {
  try {
    return EntrySchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
