import { type ProxyWish, runningProxy, send, standInAws, token, tunnelTo } from './running-proxy.ts';
import { crt, sha256, type Unsigned } from './signers.ts';

export type Arrived = {
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
};

/** A proxy before a stand-in for AWS that answers `hello`. Both are added to what `running` is to stop. */
export async function proxyWithAws(running: { stop(): unknown }[], wish: ProxyWish = {}) {
  const arrived: Arrived[] = [];
  const aws = await standInAws(async (request, response) => {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece);
    } catch {
      return; // cut before its end
    }
    const { method = '', url = '', headers } = request;
    arrived.push({ method, url, headers, body: Buffer.concat(pieces) });
    response.writeHead(200, { 'x-amzn-requestid': 'of-aws', 'content-type': 'text/xml' }).end('hello');
  });
  running.push(aws);
  const proxy = await runningProxy({ aws, ...wish });
  running.push(proxy);
  return { proxy, arrived, aws };
}

/** The body of `caller()`. */
export const form = 'Action=GetCallerIdentity&Version=2011-06-15';
/** `sts:GetCallerIdentity`, before it is signed. */
export const caller = (over: Partial<Unsigned> = {}): Unsigned => ({
  method: 'POST',
  target: '/',
  headers: {
    host: 'sts.eu-west-1.amazonaws.com',
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    'content-length': String(form.length),
  },
  region: 'eu-west-1',
  service: 'sts',
  bodyHash: sha256(form),
  saysHash: false,
  at: new Date(),
  ...over,
});

/** Makes a call through a connection of its own. */
export async function call(
  proxy: { port: number; caPem: string },
  unsigned: Unsigned,
  body: string | Buffer,
  key = token,
) {
  const socket = await tunnelTo(proxy, unsigned.headers.host ?? '');
  const { request, answer } = send(socket, await crt(unsigned, key));
  request.end(body);
  const got = await answer;
  socket.destroy();
  return got;
}
