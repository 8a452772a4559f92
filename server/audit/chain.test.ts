// Contract: the hash of an event depends on everything in it and on all before it, and on nothing that the database may
// change on the way (order of keys, time zone of the text).
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId, type PersonId, type WriterId } from '../ids.ts';
import { type ChainEvent, canonical, chainOn, emptyHead, hashOfEvent, storable } from './chain.ts';

const event: ChainEvent = {
  writerId: '01890000-0000-7000-8000-000000000001' as WriterId,
  seq: 1,
  at: new Date('2026-01-02T03:04:05.678Z'),
  kind: 'grant.revoked',
  actorId: null,
  sessionId: null,
  subject: { grantId: 'g', b: { y: 1, x: [1, { d: 2, c: 3 }] } },
};

describe('the canonical form', () => {
  it('is this text, for ever: verification years from now depends on it', () => {
    expect(canonical(event)).toBe(
      '{"actorId":null,"at":"2026-01-02T03:04:05.678Z","kind":"grant.revoked","seq":1,"sessionId":null,' +
        '"subject":{"b":{"x":[1,{"c":3,"d":2}],"y":1},"grantId":"g"},"writerId":"01890000-0000-7000-8000-000000000001"}',
    );
    const expected = createHash('sha256').update(new Uint8Array(32)).update(canonical(event)).digest('hex');
    expect(Buffer.from(hashOfEvent(emptyHead.hash, event)).toString('hex')).toBe(expected);
  });

  it('does not depend on the order of keys', () => {
    const shuffled = { ...event, subject: { b: { x: [1, { c: 3, d: 2 }], y: 1 }, grantId: 'g' } };
    expect(canonical(shuffled)).toBe(canonical(event));
  });

  it.each([
    ['seq', { seq: 2 }],
    ['at', { at: new Date('2026-01-02T03:04:05.679Z') }],
    ['kind', { kind: 'grant.created' }],
    ['actorId', { actorId: newId<PersonId>() }],
    ['writerId', { writerId: newId<WriterId>() }],
    ['subject', { subject: { grantId: 'h' } }],
  ])('changes the hash with %s', (_, change) => {
    expect(hashOfEvent(emptyHead.hash, { ...event, ...change })).not.toEqual(hashOfEvent(emptyHead.hash, event));
  });
});

describe('chainOn', () => {
  it('gives the same chain whether events come one by one or together', () => {
    const { seq: _, ...draft } = event;
    const together = chainOn(emptyHead, [draft, draft, draft]);
    let head = emptyHead;
    for (let turn = 0; turn < 3; turn += 1) head = chainOn(head, [draft]).head;
    expect(head).toEqual(together.head);
    expect(together.rows.map((row) => row.seq)).toEqual([1, 2, 3]);
    expect(together.rows[2]?.previousHash).toEqual(together.rows[1]?.hash);
  });

  it('leaves a head alone when there is nothing to append', () => {
    expect(chainOn(emptyHead, [])).toEqual({ rows: [], head: emptyHead });
  });
});

describe('storable', () => {
  it('keeps plain JSON as it is and drops what is undefined', () => {
    expect(storable({ a: 1, b: ['x', null], c: undefined, d: { e: false } })).toEqual({
      a: 1,
      b: ['x', null],
      d: { e: false },
    });
  });

  it('gives well-formed text without U+0000 for any string, and leaves well-formed text alone', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(fc.nat(0xffff)).map((c) => String.fromCharCode(...c)),
        ),
        (text) => {
          const stored = storable({ text }).text as string;
          expect(stored).not.toContain('\0');
          expect(() => encodeURIComponent(stored)).not.toThrow();
          expect(storable({ stored }).stored).toBe(stored);
        },
      ),
    );
  });
});
