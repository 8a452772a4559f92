import { createHash } from 'node:crypto';
import { z } from 'zod';
import { formatHeader } from '../protocol/typescript.ts';
import { canonicalJson } from './canonical-json.ts';
import { type ChainedPart, chainedParts } from './parts.ts';
import type { Anchor } from './port.ts';

/** Names this format; a reader refuses what it does not know. `recordings/README.md` describes it for strangers. */
export const recordingFormat = 'sallyport.recording.v1';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
const byteCount = z.number().int().nonnegative();

/** Who and what, fixed before the first byte of output: head 0 of the chain is its hash. */
export const OpeningSchema = z.strictObject({
  format: z.literal(recordingFormat),
  recorder: z.string(),
  sessionId: z.uuid(),
  startedAt: z.iso.datetime(),
  person: z.strictObject({ id: z.string(), name: z.string(), email: z.string() }),
  computer: z.strictObject({ id: z.number(), name: z.string(), server: z.string(), port: z.number() }),
  account: z.string(),
  mode: z.string(),
  policy: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** What the person had agreed to, and the check-out that the credential came by. */
  terms: z.strictObject({ version: z.number().int(), sha256: sha256Hex }).optional(),
  checkOut: z.string().optional(),
  terminal: z.strictObject({ columns: z.number().int(), rows: z.number().int() }),
});
export type Opening = z.infer<typeof OpeningSchema>;

/** Bytes `from` to before `to` of one file, and SHA-256 over them. */
const RangeSchema = z.strictObject({ from: byteCount, to: byteCount, sha256: sha256Hex });

const OpeningLineSchema = z.strictObject({ seq: z.literal(0), opening: OpeningSchema, head: sha256Hex });
const LinkSchema = z.strictObject({
  seq: z.number().int().positive(),
  at: z.iso.datetime(),
  parts: z.strictObject({ typescript: RangeSchema, 'typescript.timing': RangeSchema, 'events.ndjson': RangeSchema }),
  head: sha256Hex,
});
export type OpeningLine = z.infer<typeof OpeningLineSchema>;
/** A closed segment: the next range of each part. */
export type Link = z.infer<typeof LinkSchema>;

export function openChain(opening: Opening): OpeningLine {
  return { seq: 0, opening, head: sha256(canonicalJson(opening)) };
}

/** The first line of the typescript, which follows from the opening. */
export function headerOf({ startedAt, sessionId, terminal }: Opening): string {
  return formatHeader({ startedAt, sessionId, ...terminal });
}

/** h(i) = SHA-256(h(i-1) in hex, line feed, canonical JSON of the link without its head). */
export function closeLink(previousHead: string, link: Omit<Link, 'head'>): Link {
  const { seq, at, parts } = link;
  return { seq, at, parts, head: sha256(`${previousHead}\n${canonicalJson({ seq, at, parts })}`) };
}

export function formatChainLine(line: OpeningLine | Link): string {
  return `${canonicalJson(line)}\n`;
}

/** `undefined` unless the text is exactly what `formatChainLine` would write for it, and its head is that of its opening. */
export function parseOpeningLine(text: string): OpeningLine | undefined {
  const line = parseCanonical(OpeningLineSchema, text);
  return line && openChain(line.opening).head === line.head ? line : undefined;
}

export type ChainFault = { seq: number; problem: string };

/** The link in `text` if it follows `previous`, else what is wrong with it. Its files are not looked at. */
export function followLink(previous: OpeningLine | Link, text: string): Link | ChainFault {
  const expected = previous.seq + 1;
  const link = parseCanonical(LinkSchema, text);
  if (!link) return { seq: expected, problem: 'its line in the chain is damaged' };
  if (link.seq !== expected)
    return { seq: expected, problem: `it is missing: the chain goes on with segment ${link.seq}` };
  for (const part of chainedParts) {
    const { from, to } = link.parts[part];
    if (from !== endOf(previous, part) || to < from) {
      return { seq: expected, problem: `its range of ${part} does not follow the segment before it` };
    }
  }
  if (closeLink(previous.head, link).head !== link.head) {
    return { seq: expected, problem: 'its head in the chain does not follow from the segment before it' };
  }
  return link;
}

export function isLink(answer: Link | ChainFault): answer is Link {
  return 'head' in answer;
}

/** Whether no anchor contradicts this line. */
export function isAsAnchored({ seq, head }: OpeningLine | Link, anchors: readonly Anchor[]): boolean {
  return anchors.every((anchor) => anchor.seq !== seq || anchor.head === head);
}

/** The number of the last segment that was anchored; -1 when not even the opening was. */
export function lastAnchored(anchors: readonly Anchor[]): number {
  return anchors.reduce((last, { seq }) => Math.max(last, seq), -1);
}

/** Bytes of a part that are covered up to and including this line. */
export function endOf(line: OpeningLine | Link, part: ChainedPart): number {
  return 'parts' in line ? line.parts[part].to : 0;
}

function parseCanonical<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    const value = JSON.parse(text);
    return canonicalJson(value) === text ? schema.safeParse(value).data : undefined;
  } catch {
    return undefined; // not JSON
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
