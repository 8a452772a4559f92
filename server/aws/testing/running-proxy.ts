import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request as requestPlain, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { createLog } from '../../log.ts';
import { roomFor } from '../bodies/room.ts';
import { leavesOf, newAuthority } from '../certificates/authority.ts';
import { authorityCertificate, leafCertificate, nameOf } from '../certificates/certificate.ts';
import { type ListenerLimits, listenForConnect } from '../connect-listener.ts';
import { createDialer } from '../dial.ts';
import { loadEndpoints } from '../endpoints/endpoints.ts';
import { createHandler } from '../handler.ts';
import { createLimiter, type TokenLimits } from '../limits.ts';
import { lazyOperations } from '../operations/table.ts';
import type { AwsPorts, CallDecision, CallFinished, CallOpened, CallQuestion, CallRefused } from '../ports.ts';
import { createReplays } from '../replays.ts';
import type { RawRequest } from '../sigv4/request.ts';

export const token = { accessKeyId: 'TOKEN1#7', secretAccessKey: 'the-secret-of-a-token' };
export const record = { accessKeyId: 'AKIARECORD', secretAccessKey: 'the-secret-of-a-record' };

/** An answer, whole. */
export type Answer = { status: number; headers: IncomingMessage['headers']; body: string };

/** A server with a certificate for a name, in the place of AWS. */
export async function standInAws(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  name = 'aws.test',
) {
  const validity = { from: new Date(Date.now() - 60_000), until: new Date(Date.now() + 3_600_000) };
  const { privateKey: caKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const caPem = authorityCertificate({ commonName: 'stand-in', key: caKey, suffixes: [name], ...validity });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const authority = { certificate: new X509Certificate(caPem), subject: nameOf('Sallyport', 'stand-in'), key: caKey };
  const wish = { names: [name], publicKey: createPublicKey(createPrivateKey(key)), ...validity };
  const server = createTlsServer({ key, cert: leafCertificate(wish, authority), requestTimeout: 0 }, handle);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `https://${name}:${port}`, port, caPem, stop };
}

export type ProxyWish = {
  /** What `authorize` answers; without it the call goes to the stand-in under the name that the client used. */
  decide?(question: CallQuestion): CallDecision | Promise<CallDecision>;
  opened?(call: CallOpened): Promise<void>;
  aws?: { url: string; caPem: string };
  tokenLimits?: TokenLimits;
  limits?: Partial<ListenerLimits>;
  now?(): Date;
  /** What names lead to; without it this machine. */
  addresses?(host: string): readonly string[];
};

/** The proxy as it runs, with what it asks and tells written down instead of being known by a database. */
export async function runningProxy(wish: ProxyWish = {}) {
  const seen = { questions: [] as CallQuestion[], opened: [] as CallOpened[], finished: [] as CallFinished[] };
  const refused: CallRefused[] = [];
  const resolved: string[] = [];
  const state = { isOn: true, ended: new AbortController() };
  let onFinished: (() => void) | undefined;
  const now = wish.now ?? (() => new Date());
  const allowed = (): CallDecision => ({
    ok: true,
    sessionId: 'a-session' as CallOpened['sessionId'],
    key: record,
    ...(wish.aws && { endpoint: { ...wish.aws, host: 'kept' as const } }),
    ended: state.ended.signal,
  });
  const found = { id: 'id' as CallQuestion['token']['id'], personId: 'person' as CallQuestion['token']['personId'] };
  const ports: AwsPorts = {
    isOn: () => state.isOn,
    skewMs: () => 300_000,
    findToken: async (tokenId) => (tokenId === 'TOKEN1' ? { ...found, secret: token.secretAccessKey } : undefined),
    authorize: async (question) => {
      seen.questions.push(question);
      return wish.decide ? wish.decide(question) : allowed();
    },
    opened: async (call) => {
      await wish.opened?.(call);
      seen.opened.push(call);
    },
    finished: (call) => {
      seen.finished.push(call);
      onFinished?.();
    },
    refused: (refusal) => {
      refused.push(refusal);
    },
  };
  const root = new URL('../../..', import.meta.url).pathname;
  const endpoints = await loadEndpoints(root);
  const authority = newAuthority(new Date());
  const room = roomFor();
  const dialer = createDialer({
    rules: () => ({ allowTargets: ['aws.test'], ownPorts: [] }),
    resolve: async (host) => {
      resolved.push(host);
      const addresses = wish.addresses?.(host) ?? ['127.0.0.1'];
      return addresses.map((address) => ({ address, family: isIP(address) }));
    },
  });
  const log = createLog('aws', 'silent');
  const limiter = createLimiter(wish.tokenLimits);
  const replays = createReplays({ keptMs: 600_000 });
  const operations = lazyOperations(root);
  const handle = createHandler({ ports, operations, endpoints, dialer, room, limiter, replays, now, log });
  const leaves = leavesOf(authority, { now: () => new Date() });
  const listener = await listenForConnect(
    { isOn: ports.isOn, endpoints, leaves, handle, log, ...(wish.limits && { limits: wish.limits }) },
    { host: '127.0.0.1', port: 0 },
  );
  return {
    port: listener.port,
    caPem: authority.certificatePem,
    seen,
    refused,
    resolved,
    room,
    state,
    handle,
    allowed,
    /** Resolves when as many calls have finished. */
    finishedCalls: async (count: number) => {
      while (seen.finished.length < count) {
        await new Promise<void>((resolve) => {
          onFinished = resolve;
        });
      }
      return seen.finished;
    },
    stop: async () => {
      dialer.close();
      await listener.close(0);
    },
  };
}

/** What CONNECT is answered with, and the socket behind it. */
export async function connectThrough(
  port: number,
  target: string,
): Promise<{ status: number; socket: Socket; text: string }> {
  const socket = connectPlain(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  let text = '';
  while (!text.includes('\r\n\r\n')) {
    const [piece]: Buffer[] = await once(socket, 'data');
    text += piece?.toString('latin1') ?? '';
  }
  return { status: Number(text.slice(9, 12)), socket, text };
}

/** A TLS connection through the proxy, as a client with the downloaded certificate makes it. */
export async function tunnelTo(
  { port, caPem }: { port: number; caPem: string },
  host: string,
  servername = host,
): Promise<TLSSocket> {
  const { socket } = await connectThrough(port, `${host}:443`);
  const tls = connectTls({ socket, servername, ca: caPem, ALPNProtocols: ['http/1.1'] });
  await once(tls, 'secureConnect');
  tls.on('error', () => undefined);
  return tls;
}

/** Sends a signed request over a connection, as it is. */
export function send(socket: Socket, { method, target, headers }: RawRequest) {
  const request = requestPlain({
    createConnection: () => socket,
    method,
    path: target,
    headers: headers.flat(),
    setHost: false,
  });
  request.on('error', () => undefined);
  const answer = once(request, 'response').then(async ([response]: IncomingMessage[]): Promise<Answer> => {
    if (!response) throw new Error('no response');
    let body = '';
    for await (const piece of response) body += piece;
    return { status: response.statusCode ?? 0, headers: response.headers, body };
  });
  answer.catch(() => undefined);
  return { request, answer };
}
