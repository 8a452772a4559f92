import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';

/** A TCP or Unix socket with nothing between us and its bytes. */
export class RawSocket {
  readonly socket: Socket;
  /** Settles when the other side has closed it, however. */
  readonly closed: Promise<void>;
  #received = Buffer.alloc(0);
  #onData = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]).subarray(-64 * 1024);
      this.#onData();
    });
    socket.on('end', () => socket.end());
  }

  static async open(options: NetConnectOpts): Promise<RawSocket> {
    const raw = new RawSocket(connect(options));
    await once(raw.socket, 'connect');
    return raw;
  }

  get text(): string {
    return this.#received.toString('latin1');
  }

  /** Writes what the other side may not want; that it closes meanwhile is its right. */
  send(bytes: string | Uint8Array): this {
    if (this.socket.writable) this.socket.write(bytes);
    return this;
  }

  /** Waits until this was received, or the other side has closed. */
  async saw(text: string): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      this.#onData = () => {
        if (this.text.includes(text)) resolve();
      };
      this.#onData();
    });
    await Promise.race([seen, this.closed]);
  }

  destroy(): void {
    this.socket.destroy();
  }
}

export type Upgrade = Partial<{
  method: string;
  path: string;
  version: string;
  key: string;
  host: string;
  origin: string;
  cookie: string;
  protocols: string;
  extra: string[];
}>;

/** The request of a WebSocket handshake, right or wrong. */
export function upgradeRequest(port: number, wish: Upgrade): string {
  const { method = 'GET', path = '/ws/terminal', version = '13', key = randomBytes(16).toString('base64') } = wish;
  return [
    `${method} ${path} HTTP/1.1`,
    `Host: ${wish.host ?? `localhost:${port}`}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Version: ${version}`,
    `Sec-WebSocket-Key: ${key}`,
    `Origin: ${wish.origin ?? `http://localhost:${port}`}`,
    ...(wish.cookie ? [`Cookie: ${wish.cookie}`] : []),
    ...(wish.protocols === undefined ? [] : [`Sec-WebSocket-Protocol: ${wish.protocols}`]),
    ...(wish.extra ?? []),
    '\r\n',
  ].join('\r\n');
}

export type FrameOptions = { opcode?: number; final?: boolean; masked?: boolean; reserved?: number; claim?: bigint };

/** A WebSocket frame, right or wrong. `claim` is a length that is said but not sent. */
export function frame(payload: Uint8Array, options: FrameOptions = {}): Buffer {
  const { opcode = 2, final = true, masked = true, reserved = 0, claim } = options;
  const first = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  const length = lengthOf(claim ?? BigInt(payload.length), masked);
  if (!masked) return Buffer.concat([Buffer.from([first]), length, payload]);
  const mask = randomBytes(4);
  const body = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  return Buffer.concat([Buffer.from([first]), length, mask, body]);
}

function lengthOf(length: bigint, masked: boolean): Buffer {
  const bit = masked ? 0x80 : 0;
  if (length < 126n) return Buffer.from([bit | Number(length)]);
  if (length < 65_536n) return Buffer.from([bit | 126, Number(length >> 8n), Number(length & 0xffn)]);
  const long = Buffer.alloc(9);
  long[0] = bit | 127;
  long.writeBigUInt64BE(length, 1);
  return long;
}
