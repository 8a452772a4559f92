import { z } from 'zod';
import type { PersonId, SessionId, WriterId } from '../ids.ts';
import { jsonLine } from '../protocol/plain-text.ts';
import type { ChainRow } from './chain.ts';

// An export is lines of JSON: one that says what it holds, then a row a line in the order of the chains.

const idOf = <Id extends string>() => z.guid().transform((text) => text as Id);
const hex = z.string().regex(/^[0-9a-f]{64}$/);
const HeaderSchema = z.strictObject({
  sallyport: z.literal('audit log'),
  version: z.literal(1),
  exportedAt: z.iso.datetime(),
  /** None: the whole log up to `heads`. */
  filters: z.record(z.string(), z.string()),
  /** Where every chain stood when the export began. */
  heads: z.array(z.strictObject({ writerId: z.guid(), seq: z.int().positive(), hash: hex })),
});

export type ExportHeader = z.output<typeof HeaderSchema>;

const RowSchema = z.strictObject({
  writerId: idOf<WriterId>(),
  seq: z.int().positive(),
  at: z.iso.datetime({ precision: 3 }),
  kind: z.string(),
  actorId: idOf<PersonId>().nullable(),
  sessionId: idOf<SessionId>().nullable(),
  // As it is: what is checked must be what was written, to the last key.
  subject: z.custom<Record<string, unknown>>((value) => typeof value === 'object' && value !== null),
  previousHash: hex,
  hash: hex,
});

export function headerLine(header: Omit<ExportHeader, 'sallyport' | 'version'>): string {
  return `${jsonLine({ sallyport: 'audit log', version: 1, ...header } satisfies ExportHeader)}\n`;
}

/** All of a row, its hashes in hex: with the row before, whoever reads it can compute its hash again. */
export function rowLine({ writerId, seq, at, kind, actorId, sessionId, subject, ...hashes }: ChainRow): string {
  const previousHash = Buffer.from(hashes.previousHash).toString('hex');
  const hash = Buffer.from(hashes.hash).toString('hex');
  return `${jsonLine({ writerId, seq, at: at.toISOString(), kind, actorId, sessionId, subject, previousHash, hash })}\n`;
}

/** `undefined` when the line is not the beginning of an export. */
export function parseHeader(line: string): ExportHeader | undefined {
  return HeaderSchema.safeParse(jsonOf(line)).data;
}

/** `undefined` when the line is not a row of an export. */
export function parseRow(line: string): ChainRow | undefined {
  const row = RowSchema.safeParse(jsonOf(line)).data;
  if (!row) return undefined;
  return {
    ...row,
    at: new Date(row.at),
    previousHash: Buffer.from(row.previousHash, 'hex'),
    hash: Buffer.from(row.hash, 'hex'),
  };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
