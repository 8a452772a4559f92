import { z } from 'zod';
import './without-eval.ts';
import { endReasons } from './session-words.ts';

/**
 * Terminal frames between browser and gateway: one WebSocket binary message is one frame, its first byte the type.
 * Data is raw bytes of the PTY; numbers are big-endian.
 */
export const terminalSubprotocol = 'sallyport.terminal.v1';
/** The ticket travels as a second offered subprotocol: `ticket.` and 43 characters of base64url. Never in a URL. */
export const ticketSubprotocolPrefix = 'ticket.';

export const frameType = { data: 0, resize: 1, ack: 2, control: 3, ping: 4, paste: 5, screen: 6, taken: 7 } as const;

/** A frame from the browser may carry at most this many bytes; a paste is sent in several frames. */
export const maxClientFrameBytes = 64 * 1024;
/** The browser acknowledges at least this often; must stay below `resumeBelowBytes` or the flow deadlocks. */
export const ackEveryBytes = 64 * 1024;
/** The host is paused while this much output is sent but not yet parsed by the browser. */
export const pauseAboveBytes = 512 * 1024;
export const resumeBelowBytes = 128 * 1024;

export const terminalLimits = { minColumns: 2, maxColumns: 500, minRows: 1, maxRows: 200 } as const;

const ClientControlSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('close') }),
  z.object({ type: z.literal('host-key'), approve: z.boolean() }),
  /** The person is there, though nothing was typed: takes back the warning that the session is idle. */
  z.object({ type: z.literal('here') }),
  /** The first word after its size of a browser that comes back: how much output it has parsed, if it still shows it. */
  z.object({ type: z.literal('attach'), parsedBytes: z.number().int().nonnegative().nullable() }),
]);
/** What the browser says besides keys: end my session; trust this host key or not; I am still here; here I am again. */
export type ClientControl = z.infer<typeof ClientControlSchema>;

const ServerControlSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), step: z.enum(['recorder', 'connecting', 'signing-in']) }),
  z.object({
    type: z.literal('host-key'),
    host: z.string(),
    keyType: z.string(),
    fingerprint: z.string(),
  }),
  z.object({
    type: z.literal('opened'),
    computer: z.string(),
    account: z.string(),
    recorded: z.boolean(),
    allowCopy: z.boolean(),
    allowPaste: z.boolean(),
    /** Plain text of whoever keeps the credential, for whoever works with it. */
    notes: z.string().max(8192).optional(),
    /** How long ago that was, for a browser that comes back. */
    sinceMs: z.number().nonnegative().optional(),
    /** How long the session waits for a browser that went away; 0: not at all. */
    graceSeconds: z.number().int().nonnegative(),
  }),
  /**
   * A browser is at the session again. `screen` frames of so many bytes follow, to be written to an empty terminal before
   * any output; none when it may go on with what it shows. Output follows from `outputFrom` on.
   */
  z.object({
    type: z.literal('attached'),
    outputFrom: z.number().int().nonnegative(),
    screenBytes: z.number().int().nonnegative(),
    /** Bytes of keys and pastes that the session has taken since it opened. */
    inputTaken: z.number().int().nonnegative(),
  }),
  /** The session goes on without this browser: another one of the same person took it over. */
  z.object({ type: z.literal('detached') }),
  /**
   * How long the session may go on, in milliseconds from now. `idleInMs` is there while the person is warned that nothing
   * was typed for long: the session ends then unless they do.
   */
  z.object({
    type: z.literal('limits'),
    endsInMs: z.number().int().nonnegative().nullable(),
    endsBy: z.enum(['time_limit', 'grant_ended']).nullable(),
    idleInMs: z.number().int().nonnegative().nullable(),
  }),
  z.object({ type: z.literal('notice'), text: z.string() }),
  /**
   * To those who look, at the beginning and after a gap: forget what you show. `screen` frames of so many bytes follow,
   * for an empty terminal of this size, and then output from `outputFrom` on. Whoever shows the screen acknowledges
   * `outputFrom`; before that they get no other.
   */
  z.object({
    type: z.literal('look'),
    columns: z.number().int().positive(),
    rows: z.number().int().positive(),
    outputFrom: z.number().int().nonnegative(),
    screenBytes: z.number().int().nonnegative(),
  }),
  /** To those who look: from here on the terminal has this size. */
  z.object({ type: z.literal('size'), columns: z.number().int().positive(), rows: z.number().int().positive() }),
  /** To those who look: it is over for them, whatever becomes of the session. */
  z.object({ type: z.literal('dismissed'), text: z.string() }),
  z.object({
    type: z.literal('ended'),
    reason: z.enum(endReasons),
    detail: z.string().optional(),
    exitStatus: z.number().int().optional(),
  }),
]);
export type ServerControl = z.infer<typeof ServerControlSchema>;

export type ClientFrame =
  | { type: 'data'; bytes: Uint8Array }
  | { type: 'paste'; bytes: Uint8Array }
  | { type: 'resize'; columns: number; rows: number }
  /** Bytes of output parsed since the session opened; cumulative, so a lost or merged ack does no harm. */
  | { type: 'ack'; parsedBytes: number }
  | { type: 'control'; control: ClientControl }
  | { type: 'ping' };

export type ServerFrame =
  | { type: 'data'; bytes: Uint8Array }
  | { type: 'control'; control: ServerControl }
  /** A part of the screen as it is. */
  | { type: 'screen'; bytes: Uint8Array }
  /** Bytes of keys and pastes that were taken since the session opened; cumulative. */
  | { type: 'taken'; inputBytes: number }
  | { type: 'ping' };

function withType(type: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(1 + body.length);
  frame[0] = type;
  frame.set(body, 1);
  return frame;
}

export function encodeData(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return withType(frameType.data, bytes);
}

export function encodePaste(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return withType(frameType.paste, bytes);
}

export function encodePing(): Uint8Array<ArrayBuffer> {
  return withType(frameType.ping, new Uint8Array(0));
}

export function encodeControl(control: ClientControl | ServerControl): Uint8Array<ArrayBuffer> {
  return withType(frameType.control, new TextEncoder().encode(JSON.stringify(control)));
}

export function encodeResize(columns: number, rows: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(5);
  const view = new DataView(frame.buffer);
  view.setUint8(0, frameType.resize);
  view.setUint16(1, columns);
  view.setUint16(3, rows);
  return frame;
}

export function encodeAck(parsedBytes: number): Uint8Array<ArrayBuffer> {
  return withCount(frameType.ack, parsedBytes);
}

export function encodeTaken(inputBytes: number): Uint8Array<ArrayBuffer> {
  return withCount(frameType.taken, inputBytes);
}

export function encodeScreen(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return withType(frameType.screen, bytes);
}

function withCount(type: number, count: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(9);
  const view = new DataView(frame.buffer);
  view.setUint8(0, type);
  view.setFloat64(1, count);
  return frame;
}

/** A frame as its bytes say, or `undefined` for anything that is not one: the caller closes the socket with 1008. */
export function decodeClientFrame(frame: Uint8Array): ClientFrame | undefined {
  if (frame.length === 0 || frame.length > maxClientFrameBytes) return undefined;
  const body = frame.subarray(1);
  switch (frame[0]) {
    case frameType.data:
      return { type: 'data', bytes: body };
    case frameType.paste:
      return { type: 'paste', bytes: body };
    case frameType.resize:
      return decodeResize(body);
    case frameType.ack: {
      const parsedBytes = decodeCount(body);
      return parsedBytes === undefined ? undefined : { type: 'ack', parsedBytes };
    }
    case frameType.control: {
      const control = parseControl(ClientControlSchema, body);
      return control && { type: 'control', control };
    }
    case frameType.ping:
      return body.length === 0 ? { type: 'ping' } : undefined;
    default:
      return undefined;
  }
}

export function decodeServerFrame(frame: Uint8Array): ServerFrame | undefined {
  const body = frame.subarray(1);
  switch (frame[0]) {
    case frameType.data:
      return { type: 'data', bytes: body };
    case frameType.control: {
      const control = parseControl(ServerControlSchema, body);
      return control && { type: 'control', control };
    }
    case frameType.screen:
      return { type: 'screen', bytes: body };
    case frameType.taken: {
      const inputBytes = decodeCount(body);
      return inputBytes === undefined ? undefined : { type: 'taken', inputBytes };
    }
    case frameType.ping:
      return { type: 'ping' };
    default:
      return undefined;
  }
}

function decodeResize(body: Uint8Array): ClientFrame | undefined {
  if (body.length !== 4) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const columns = view.getUint16(0);
  const rows = view.getUint16(2);
  const { minColumns, maxColumns, minRows, maxRows } = terminalLimits;
  if (columns < minColumns || columns > maxColumns || rows < minRows || rows > maxRows) return undefined;
  return { type: 'resize', columns, rows };
}

function decodeCount(body: Uint8Array): number | undefined {
  if (body.length !== 8) return undefined;
  const count = new DataView(body.buffer, body.byteOffset, body.byteLength).getFloat64(0);
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

function parseControl<T>(schema: z.ZodType<T>, body: Uint8Array): T | undefined {
  try {
    return schema.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))).data;
  } catch {
    return undefined; // not UTF-8 or not JSON
  }
}
