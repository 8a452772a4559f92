/**
 * Contract: the host waits from 512 KiB that the browser has not parsed (or that have not left us) until it is below
 * 128 KiB again; acknowledgements are cumulative, and one beyond what was sent is a lie.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pauseAboveBytes, resumeBelowBytes } from '../protocol/terminal-frames.ts';
import { FlowControl } from './flow-control.ts';

it('waits above one mark and goes on below the other', () => {
  const flow = new FlowControl();
  flow.sent(pauseAboveBytes);
  expect(flow.mustWait(0)).toBe(false);
  flow.sent(1);
  expect(flow.mustWait(0)).toBe(true);
  flow.acked(pauseAboveBytes + 1 - resumeBelowBytes);
  expect(flow.mustWait(0)).toBe(true);
  flow.acked(pauseAboveBytes + 2 - resumeBelowBytes);
  expect(flow.mustWait(0)).toBe(false);
  flow.sent(resumeBelowBytes);
  expect(flow.mustWait(0)).toBe(false);
});

it('waits for our own socket, whatever the browser claims to have parsed', () => {
  const flow = new FlowControl();
  flow.sent(1_000_000);
  flow.acked(1_000_000);
  expect(flow.mustWait(pauseAboveBytes + 1)).toBe(true);
  expect(flow.mustWait(resumeBelowBytes)).toBe(true);
  expect(flow.mustWait(resumeBelowBytes - 1)).toBe(false);
});

it('takes merged and repeated acknowledgements, not those of the future', () => {
  const flow = new FlowControl();
  flow.sent(100);
  expect(flow.acked(60)).toBe(true);
  expect(flow.acked(40)).toBe(true);
  expect(flow.unackedBytes).toBe(40);
  expect(flow.acked(101)).toBe(false);
  expect(flow.unackedBytes).toBe(40);
});

it('never lets more than the mark and one frame be on the way, and never stays stuck', () => {
  const frame = 32 * 1024;
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 200_000 }), { maxLength: 200 }), (acks) => {
      const flow = new FlowControl();
      let sent = 0;
      let acked = 0;
      const send = () => {
        while (!flow.mustWait(0) && sent < 20_000_000) {
          flow.sent(frame);
          sent += frame;
        }
      };
      for (const ack of acks) {
        send();
        expect(sent - acked).toBeLessThanOrEqual(pauseAboveBytes + frame);
        acked = Math.min(sent, acked + ack);
        flow.acked(acked);
      }
      flow.acked(sent);
      expect(flow.mustWait(0)).toBe(false);
    }),
  );
});
