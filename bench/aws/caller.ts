import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, Agent as PlainAgent, request as requestPlain } from 'node:http';
import { Agent, request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connect as connectTls } from 'node:tls';
import aws4 from 'aws4';

export type CallerKey = { accessKeyId: string; secretAccessKey: string };
/** Through a proxy whose certificate is `caPem`, or, without one, straight to what listens there. */
export type Way = { port: number; caPem?: string };

const host = 's3.us-east-1.amazonaws.com';
const form = 'Action=GetCallerIdentity&Version=2011-06-15';
export const chunkBytes = 64 * 1024;
const data = Buffer.alloc(chunkBytes);

/** A client of AWS that keeps its connections. It signs for every way, so that its own work is always the same. */
export class Caller {
  readonly #way: Way;
  readonly #key: CallerKey;
  readonly #agent: Agent | PlainAgent;

  constructor(way: Way, key: CallerKey) {
    this.#way = way;
    this.#key = key;
    this.#agent = way.caPem === undefined ? new PlainAgent({ keepAlive: true }) : new Tunnels(way.port, way.caPem);
  }

  /** One small call, until its answer has ended. */
  async small(): Promise<void> {
    const at = { host: 'sts.us-east-1.amazonaws.com', service: 'sts', region: 'us-east-1' };
    const signed = aws4.sign({ ...at, method: 'POST', path: '/', body: form }, this.#key);
    const sending = this.#request({ ...at, method: 'POST', path: '/', headers: { ...signed.headers } });
    sending.end(form);
    await answered(sending);
  }

  /** Sends so many bytes, without a signature of the body. */
  async put(bytes: number): Promise<void> {
    const sending = this.#object('PUT', 'object', {
      'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD',
      'Content-Length': bytes,
    });
    await Promise.all([pipeline(pieces(bytes), sending.request), answered(sending.request)]);
  }

  /** Gets so many bytes. */
  async get(bytes: number): Promise<void> {
    const sending = this.#object('GET', String(bytes), { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' });
    sending.request.end();
    await answered(sending.request);
  }

  /**
   * Sends a body in chunks, each with its signature when `isSigned`; the same bytes on the wire either way. Answers the
   * time from the first byte to the end of the answer, in ms: signing is not measured.
   */
  async chunks(count: number, isSigned: boolean): Promise<number> {
    const head = chunkBytes.toString(16).length + ';chunk-signature='.length + 64 + 2;
    const length = count * (head + chunkBytes + 2) + '0;chunk-signature='.length + 64 + 4;
    const mode = isSigned ? 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' : 'UNSIGNED-PAYLOAD';
    const decoded: Record<string, number> = isSigned ? { 'X-Amz-Decoded-Content-Length': count * chunkBytes } : {};
    const sending = this.#object('PUT', 'chunks', {
      'X-Amz-Content-Sha256': mode,
      'Content-Length': length,
      ...decoded,
    });
    const heads = chunkHeads(sending.signature, sending.time, this.#key.secretAccessKey, count);
    const startedAt = performance.now();
    await Promise.all([pipeline(framed(heads), sending.request), answered(sending.request)]);
    return performance.now() - startedAt;
  }

  close(): void {
    this.#agent.destroy();
  }

  #object(method: string, name: string, headers: Record<string, string | number>) {
    const path = `/bench/${name}`;
    const signed = aws4.sign({ host, service: 's3', region: 'us-east-1', method, path, headers }, this.#key);
    const all = { ...signed.headers };
    const signature = String(all.Authorization).slice(-64);
    return { request: this.#request({ host, method, path, headers: all }), signature, time: String(all['X-Amz-Date']) };
  }

  #request(wanted: { host: string; method: string; path: string; headers: ClientHeaders }): ClientRequest {
    const { method, path, headers } = wanted;
    if (this.#way.caPem !== undefined) return request({ ...wanted, agent: this.#agent });
    return requestPlain({ host: '127.0.0.1', port: this.#way.port, method, path, headers, agent: this.#agent });
  }
}

type ClientHeaders = NonNullable<ReturnType<typeof aws4.sign>['headers']>;

class Tunnels extends Agent {
  readonly #port: number;
  readonly #caPem: string;

  constructor(port: number, caPem: string) {
    super({ keepAlive: true });
    this.#port = port;
    this.#caPem = caPem;
  }

  override createConnection(
    { host: name }: { host?: string | null },
    done?: (error: Error | null, stream: ReturnType<typeof connectTls>) => void,
  ): undefined {
    const servername = name ?? '';
    const socket = connectPlain(this.#port, '127.0.0.1');
    socket.write(`CONNECT ${servername}:443 HTTP/1.1\r\nHost: ${servername}:443\r\n\r\n`);
    socket.once('data', (answer) => {
      const tls = connectTls({ socket, servername, ca: this.#caPem, ALPNProtocols: ['http/1.1'] });
      if (!answer.toString('latin1').startsWith('HTTP/1.1 200')) tls.destroy(new Error(answer.toString('latin1')));
      tls.once('error', (error) => done?.(error, tls));
      tls.once('secureConnect', () => done?.(null, tls));
    });
  }
}

async function answered(sending: ClientRequest): Promise<void> {
  const [answer] = (await once(sending, 'response')) as [IncomingMessage];
  let words = '';
  answer.on('data', (piece: Buffer) => {
    if (answer.statusCode !== 200) words += piece.toString();
  });
  await once(answer, 'end');
  if (answer.statusCode !== 200) throw new Error(`A call was answered with ${answer.statusCode}: ${words}`);
}

function pieces(bytes: number): Readable {
  const piece = Buffer.alloc(256 * 1024);
  function* all() {
    for (let left = bytes; left > 0; left -= piece.length) yield left < piece.length ? piece.subarray(0, left) : piece;
  }
  return Readable.from(all());
}

function framed(heads: readonly Buffer[]): Readable {
  const end = Buffer.from('\r\n');
  function* all() {
    for (const [index, head] of heads.entries())
      yield index === heads.length - 1 ? Buffer.concat([head, end]) : Buffer.concat([head, data, end]);
  }
  return Readable.from(all());
}

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

function chunkHeads(seed: string, time: string, secret: string, count: number): Buffer[] {
  const scope = [time.slice(0, 8), 'us-east-1', 's3', 'aws4_request'];
  const key = scope.reduce<string | Buffer>(
    (from, part) => createHmac('sha256', from).update(part).digest(),
    `AWS4${secret}`,
  );
  const [empty, full] = [sha256(''), sha256(data)];
  let previous = seed;
  return Array.from({ length: count + 1 }, (_, index) => {
    const isLast = index === count;
    const lines = ['AWS4-HMAC-SHA256-PAYLOAD', time, scope.join('/'), previous, empty, isLast ? empty : full];
    previous = createHmac('sha256', key).update(lines.join('\n')).digest('hex');
    return Buffer.from(`${(isLast ? 0 : chunkBytes).toString(16)};chunk-signature=${previous}\r\n`);
  });
}
