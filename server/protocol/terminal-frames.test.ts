// Contract: every frame that one side can encode the other decodes to the same meaning; everything else, whatever its
// bytes, is answered with `undefined` and never with an exception, so that a hostile browser can only lose its socket.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ackEveryBytes,
  type ClientControl,
  decodeClientFrame,
  decodeServerFrame,
  encodeAck,
  encodeControl,
  encodeData,
  encodePaste,
  encodePing,
  encodeResize,
  frameType,
  maxClientFrameBytes,
  pauseAboveBytes,
  resumeBelowBytes,
  type ServerControl,
  terminalLimits,
} from './terminal-frames.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe('frames from the browser', () => {
  it('carry keys and pastes byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        expect(decodeClientFrame(encodeData(bytes))).toEqual({ type: 'data', bytes });
        expect(decodeClientFrame(encodePaste(bytes))).toEqual({ type: 'paste', bytes });
      }),
    );
  });

  it('carry a size within the limits and refuse one outside them', () => {
    const { minColumns, maxColumns, minRows, maxRows } = terminalLimits;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65535 }), fc.integer({ min: 0, max: 65535 }), (columns, rows) => {
        const fits = columns >= minColumns && columns <= maxColumns && rows >= minRows && rows <= maxRows;
        expect(decodeClientFrame(encodeResize(columns, rows))).toEqual(
          fits ? { type: 'resize', columns, rows } : undefined,
        );
      }),
    );
  });

  it('carry acknowledgements beyond 4 GiB, and refuse what is not a count', () => {
    expect(decodeClientFrame(encodeAck(2 ** 40 + 1))).toEqual({ type: 'ack', parsedBytes: 2 ** 40 + 1 });
    for (const nonsense of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
      expect(decodeClientFrame(encodeAck(nonsense))).toBeUndefined();
    }
  });

  it.each<ClientControl>([{ type: 'close' }, { type: 'here' }, { type: 'host-key', approve: true }])(
    'carry control %j',
    (control) => {
      expect(decodeClientFrame(encodeControl(control))).toEqual({ type: 'control', control });
    },
  );

  it('carry a ping', () => {
    expect(decodeClientFrame(encodePing())).toEqual({ type: 'ping' });
  });

  it.each([
    ['nothing', []],
    ['an unknown type', [9, 1, 2]],
    ['a ping with a body', [frameType.ping, 0]],
    ['half a size', [frameType.resize, 0, 80, 0]],
    ['half an acknowledgement', [frameType.ack, 0, 0, 0]],
    ['control that is not JSON', [frameType.control, 0x7b]],
    ['control that is not UTF-8', [frameType.control, 0xff, 0xfe]],
    ['control nobody knows', [frameType.control, ...new TextEncoder().encode('{"type":"root"}')]],
    ['control of the other side', [frameType.control, ...new TextEncoder().encode('{"type":"notice","text":"x"}')]],
  ])('are refused when they are %s', (_, bytes) => {
    expect(decodeClientFrame(Uint8Array.from(bytes))).toBeUndefined();
  });

  it('are refused above the limit', () => {
    expect(decodeClientFrame(new Uint8Array(maxClientFrameBytes))).toBeDefined();
    expect(decodeClientFrame(new Uint8Array(maxClientFrameBytes + 1))).toBeUndefined();
  });

  it('never throw, whatever arrives', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const frame = decodeClientFrame(bytes);
        return frame === undefined || typeof frame.type === 'string';
      }),
      { numRuns: 5000 },
    );
  });
});

describe('frames from the gateway', () => {
  it('carry output byte for byte, split UTF-8 included', () => {
    const half = new TextEncoder().encode('€').subarray(0, 2);
    expect(decodeServerFrame(encodeData(half))).toEqual({ type: 'data', bytes: half });
  });

  it.each<ServerControl>([
    { type: 'progress', step: 'connecting' },
    { type: 'host-key', host: 'db1:22', keyType: 'ssh-ed25519', fingerprint: 'SHA256:abc' },
    {
      type: 'opened',
      computer: 'db1',
      account: 'root',
      recorded: true,
      allowCopy: false,
      allowPaste: true,
      graceSeconds: 60,
    },
    { type: 'limits', endsInMs: 60_000, endsBy: 'grant_ended', idleInMs: null },
    { type: 'limits', endsInMs: null, endsBy: null, idleInMs: 0 },
    { type: 'notice', text: 'Paste is not allowed here.' },
    { type: 'ended', reason: 'exited', exitStatus: 130 },
  ])('carry control %j', (control) => {
    const frame = encodeControl(control);
    expect(decodeServerFrame(frame)).toEqual({ type: 'control', control });
    expect(JSON.parse(text(frame.subarray(1)))).toEqual(control);
  });

  it('with an end reason nobody knows are refused', () => {
    const frame = Uint8Array.from([
      frameType.control,
      ...new TextEncoder().encode('{"type":"ended","reason":"bored"}'),
    ]);
    expect(decodeServerFrame(frame)).toBeUndefined();
  });
});

it('acknowledges more often than the host is resumed, so that the flow cannot deadlock', () => {
  expect(ackEveryBytes).toBeLessThan(resumeBelowBytes);
  expect(resumeBelowBytes).toBeLessThan(pauseAboveBytes);
});
