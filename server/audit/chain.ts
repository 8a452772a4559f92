import { createHash } from 'node:crypto';
import type { PersonId, SessionId, WriterId } from '../ids.ts';

/** A row of `audit_events` before it is chained. `subject` is plain JSON. */
export type ChainEvent = {
  writerId: WriterId;
  seq: number;
  at: Date;
  kind: string;
  actorId: PersonId | null;
  sessionId: SessionId | null;
  subject: Record<string, unknown>;
};

export type ChainRow = ChainEvent & { previousHash: Uint8Array; hash: Uint8Array };

/** Where a chain stands: `seq` of its last row and that row's hash. */
export type Head = { seq: number; hash: Uint8Array };

export const emptyHead: Head = { seq: 0, hash: new Uint8Array(32) };

/** hash = SHA-256(previous hash ‖ canonical form of the event). */
export function hashOfEvent(previousHash: Uint8Array, event: ChainEvent): Uint8Array {
  return createHash('sha256').update(previousHash).update(canonical(event)).digest();
}

/** Appends `events` to a chain that stands at `head`; their `seq` is given here. */
export function chainOn(head: Head, events: readonly Omit<ChainEvent, 'seq'>[]): { rows: ChainRow[]; head: Head } {
  let { seq, hash } = head;
  const rows = events.map((event) => {
    seq += 1;
    const previousHash = hash;
    hash = hashOfEvent(previousHash, { ...event, seq });
    return { ...event, seq, previousHash, hash };
  });
  return { rows, head: { seq, hash } };
}

/** The one text of an event: keys sorted at every depth, times in ms, so that what the database gives back hashes the same. */
export function canonical({ writerId, seq, at, kind, actorId, sessionId, subject }: ChainEvent): string {
  return JSON.stringify(sorted({ writerId, seq, at: at.toISOString(), kind, actorId, sessionId, subject }));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted((value as Record<string, unknown>)[key])]));
}

/** `subject` as the database will give it back: plain JSON, without the characters that a `jsonb` refuses. */
export function storable(subject: object): Record<string, unknown> {
  const text = JSON.stringify(subject, (_, value: unknown) =>
    typeof value === 'string' ? storableText(value) : value,
  );
  return JSON.parse(text) as Record<string, unknown>;
}

// U+0000 and halves of surrogate pairs arrive from clients and hosts; evidence of them must still be written.
function storableText(text: string): string {
  return text.replace(/\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}
