import { randomUUID } from 'node:crypto';
import { type EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { selfSigned } from '../../server/front/testing/self-signed.ts';
import { type Answer, type Asked, failed } from './aws/answer.ts';
import { checkedRequest, type Keys, NotTaken } from './aws/checked-request.ts';
import { FakeS3 } from './aws/s3.ts';
import { FakeServices } from './aws/served.ts';
import { unwrapped } from './aws/unwrapped.ts';

/** A request that arrived: `problem` where it was not taken, with AWS's code. */
export type FakeCall = {
  service: string;
  /** `GetCallerIdentity`; of S3 the method, and `?` with the names of the query. */
  operation: string;
  host: string;
  path: string;
  accessKeyId: string;
  payload: string;
  userAgent: string;
  problem?: string;
};

/**
 * Something in the place of AWS: S3, STS, EC2, IAM, DynamoDB and SSM under whatever host name a request has. It believes
 * no request that AWS's own library does not sign in the same way, with one of the keys that it was given.
 */
export class FakeAws {
  readonly s3 = new FakeS3();
  readonly services = new FakeServices();
  readonly calls: FakeCall[] = [];
  /** How many answers were cut before their end. */
  cut = 0;
  readonly #keys: Keys;

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** Takes a request of a server; for `open`, and for servers with certificates of their own. */
  readonly handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      this.#send(response, request.method ?? '', await this.#answer(request));
    } catch {
      response.destroy();
    }
  };

  /** Listens with a certificate for `localhost`, which is its own authority. */
  async open() {
    const { cert, key } = selfSigned();
    const server = createTlsServer({ cert, key, requestTimeout: 0 }, (...exchange) => void this.handle(...exchange));
    const { port, close } = await listening(server);
    return { port, url: `https://localhost:${port}`, caPem: cert, close };
  }

  /** Listens without TLS, on loopback. */
  async openPlain() {
    const server = createServer({ requestTimeout: 0 }, (...exchange) => void this.handle(...exchange));
    const { port, close } = await listening(server);
    return { port, url: `http://127.0.0.1:${port}`, close };
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { method = '', url = '', headers } = request;
    const [path = '', search = ''] = url.split(/\?(.*)/s);
    const host = (headers.host ?? '').replace(/:\d+$/, '');
    const call: FakeCall = {
      service: '',
      operation: '',
      host,
      path,
      accessKeyId: '',
      payload: '',
      userAgent: headers['user-agent'] ?? '',
    };
    this.calls.push(call);
    let whole: Promise<Buffer> | undefined;
    const read = () => {
      whole ??= buffer(request);
      return whole;
    };
    try {
      const signed = await checkedRequest(request, this.#keys, read);
      const { service, region, accessKeyId, payload = '' } = signed;
      const body = unwrapped(await read(), headers, signed);
      const query = new URLSearchParams(search);
      const asked: Asked = { method, host, path, query, headers, region, service, accessKeyId, body };
      const isS3 = service === 's3';
      const operation = isS3
        ? [method, ...query.keys()].join('?')
        : this.services.nameOf(asked).slice(service.length + 1);
      Object.assign(call, { service, operation, accessKeyId, payload });
      return isS3 ? this.s3.answer(asked) : this.services.answer(asked);
    } catch (error) {
      if (!(error instanceof NotTaken)) throw error;
      call.problem = error.code;
      const service = /\.s3[.-]|^s3[.-]/.test(host) ? 's3' : call.service || (host.split('.')[0] ?? '');
      return failed(error, { service, method, headers });
    }
  }

  #send(response: ServerResponse, method: string, { status, headers, body, zeros }: Answer): void {
    response.once('close', () => {
      if (!response.writableFinished) this.cut += 1;
    });
    const id = randomUUID();
    response.writeHead(status, {
      'x-amzn-requestid': id,
      'x-amz-request-id': id,
      ...(zeros === undefined &&
        status !== 204 && { 'content-length': body === undefined ? 0 : Buffer.byteLength(body) }),
      ...headers,
    });
    if (method === 'HEAD' || zeros === undefined) response.end(method === 'HEAD' ? undefined : body);
    else sendZeros(response, zeros);
  }
}

async function listening(server: Pick<Server, 'listen' | 'address' | 'close' | 'closeAllConnections'> & EventEmitter) {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { port, close };
}

const zeroBlock = Buffer.alloc(64 * 1024);

function sendZeros(response: ServerResponse, bytes: number): void {
  let left = bytes;
  const more = () => {
    while (left > 0) {
      const block = zeroBlock.subarray(0, Math.min(left, zeroBlock.length));
      left -= block.length;
      if (!response.write(block) && left > 0) return void response.once('drain', more);
    }
    response.end();
  };
  more();
}
