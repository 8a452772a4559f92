/** The contract: what goes in comes out, in order, whatever the sizes; and blocks come back for the next one to use. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockPool, OutputQueue } from './output-queue.ts';

const commands = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('append' as const), bytes: fc.integer({ min: 0, max: 150_000 }) }),
    fc.record({ type: fc.constant('take' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  ),
  { maxLength: 30 },
);

describe('the output queue', () => {
  it('hands out exactly what it was given', () => {
    fc.assert(
      fc.property(commands, (list) => {
        const queue = new OutputQueue(new BlockPool());
        let expected = Buffer.alloc(0);
        let fill = 0;
        for (const command of list) {
          if (command.type === 'append') {
            const bytes = Buffer.from(Array.from({ length: command.bytes % 997 }, () => fill++ % 251));
            const large = Buffer.concat(Array.from({ length: Math.ceil(command.bytes / 997) }, () => bytes));
            queue.append(large);
            expected = Buffer.concat([expected, large]);
          } else {
            const count = Math.floor(expected.length * command.share);
            expect(Buffer.concat(queue.peek(count)).equals(expected.subarray(0, count))).toBe(true);
            queue.drop(count);
            expected = expected.subarray(count);
          }
        }
        expect(Buffer.concat(queue.peek(expected.length)).equals(expected)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('copies: the caller may reuse its buffer at once', () => {
    const queue = new OutputQueue(new BlockPool());
    const bytes = Buffer.from('secret');
    queue.append(bytes);
    bytes.fill(0);
    expect(Buffer.concat(queue.peek(6)).toString()).toBe('secret');
  });

  it('lets views stay valid while more is appended to the same block', () => {
    const queue = new OutputQueue(new BlockPool());
    queue.append(Buffer.from('first'));
    const views = queue.peek(5);
    queue.append(Buffer.from('second'));
    expect(Buffer.concat(views).toString()).toBe('first');
    queue.drop(5);
    expect(Buffer.concat(queue.peek(6)).toString()).toBe('second');
  });

  it('gives its blocks back when it is empty, and keeps them from others when it is abandoned', () => {
    const given: Uint8Array[] = [];
    const pool = new BlockPool();
    const give = pool.give.bind(pool);
    pool.give = (block) => {
      given.push(block);
      give(block);
    };
    const queue = new OutputQueue(pool);
    queue.append(Buffer.alloc(200_000));
    queue.drop(200_000);
    expect(given).toHaveLength(4);
    queue.append(Buffer.alloc(200_000));
    queue.abandon();
    expect(given).toHaveLength(4);
    expect(queue.peek(10)).toEqual([]);
  });
});
