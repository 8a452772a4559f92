import type { KeyObject } from 'node:crypto';
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type DialOptions, dial } from '../bridges/dial.ts';
import type { Clock } from '../clock.ts';
import type { SayEndSession } from '../launch/end-session-job.ts';
import type { CredentialQuestion, CredentialReply } from '../launch/open-launch.ts';
import { makeAssertion } from './assertion.ts';
import {
  applicationKeyHeader,
  assertionHeader,
  CredentialAnswerSchema,
  type IdentityCall,
  idempotencyHeader,
  identityPaths,
  maxIdentityBytes,
  readRefusal,
} from './contract.ts';

/** How this installation signs in at an identity API to say what it must although a person's token has expired. */
export type ClientCredentials = { tokenPath: string; clientId: string; clientSecret: string };

export type IdentityClientOptions = {
  /** Origin of the built-in identity API, which is asked on `portalSocket`. */
  publicUrl: string;
  portalSocket: string;
  /** Origins of the others; nobody else is ever asked. */
  apiUrls: readonly string[];
  clientsOf(apiUrl: string): ClientCredentials | undefined;
  assertionKey: KeyObject;
  rules(): DialOptions['rules'];
  clock: Clock;
  timeoutMs?: number;
  /** PEM of certificate authorities to trust instead of the machine's. For tests. */
  ca?: string;
};

export type IdentityClient = {
  getCredential(question: CredentialQuestion): Promise<CredentialReply>;
  endSession: SayEndSession;
};

type Message = { path: string; headers: Record<string, string>; body: string };
type Answer = { status: number; headers: IncomingMessage['headers']; text: string };

/** The gateway's side of the identity API: our own over the portal's socket, others over https, redirects never. */
export function createIdentityClient(options: IdentityClientOptions): IdentityClient {
  const call = (apiUrl: string, name: IdentityCall, { headers, body }: Omit<Message, 'path'>) =>
    send(options, apiUrl, { path: identityPaths[name], headers: jsonHeaders(headers), body });
  return {
    async getCredential({ apiUrl, apiKey, apiApplicationKey, body }) {
      const headers = { authorization: `Bearer ${apiKey}`, [applicationKeyHeader]: apiApplicationKey };
      try {
        return readReply(await call(apiUrl, 'getcredential', { headers, body: JSON.stringify(body) }));
      } catch (error) {
        return { ...noReply, isKnown: error instanceof NeverAsked };
      }
    },
    async endSession({ apiUrl, apiKey, apiApplicationKey, renewToken, body }) {
      try {
        const token = renewToken ? await newToken(options, apiUrl) : apiKey;
        if (token === undefined) return { status: 401, detail: 'No client credentials are configured for this API.' };
        const keys = { authorization: `Bearer ${token}`, [applicationKeyHeader]: apiApplicationKey };
        const headers = { ...keys, [idempotencyHeader]: body.session };
        const { status } = await call(apiUrl, 'endsession', { headers, body: JSON.stringify(body) });
        return { status, detail: null };
      } catch (error) {
        return { status: null, detail: error instanceof IdentityUnreachable ? error.message : 'It gave no answer.' };
      }
    },
  };
}

class IdentityUnreachable extends Error {
  override name = 'IdentityUnreachable';
}

/** Nothing was sent, so nothing can have been given. */
class NeverAsked extends IdentityUnreachable {}

const noReply = { ok: false, refusal: { error: 'unusable' }, isKnown: false } as const;

function readReply({ status, headers, text }: Answer): CredentialReply {
  const body = readJson(text);
  if (status === 200) {
    const answer = CredentialAnswerSchema.safeParse(body);
    return answer.success ? { ok: true, answer: answer.data } : noReply;
  }
  const wwwAuthenticate = headers['www-authenticate'];
  const refusal = readRefusal(status, { wwwAuthenticate, retryAfter: headers['retry-after'] }, body);
  return { ok: false, refusal, isKnown: status >= 400 && status < 500 };
}

/** A token by client credentials (RFC 6749, 4.4); `undefined` when none are configured for this API. */
async function newToken(options: IdentityClientOptions, apiUrl: string): Promise<string | undefined> {
  const client = options.clientsOf(apiUrl);
  if (!client) return undefined;
  const basic = [client.clientId, client.clientSecret].map(encodeURIComponent).join(':');
  const { status, text } = await send(options, apiUrl, {
    path: client.tokenPath,
    headers: {
      authorization: `Basic ${Buffer.from(basic).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    body: 'grant_type=client_credentials',
  });
  const token = status === 200 ? (readJson(text) as { access_token?: unknown } | undefined)?.access_token : undefined;
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,8192}$/.test(token)) {
    throw new IdentityUnreachable(`It gave no new token (status ${status}).`);
  }
  return token;
}

function jsonHeaders(headers: Record<string, string>): Record<string, string> {
  return { ...headers, 'content-type': 'application/json', accept: 'application/json' };
}

async function send(options: IdentityClientOptions, apiUrl: string, message: Message): Promise<Answer> {
  const signal = AbortSignal.timeout(options.timeoutMs ?? 20_000);
  if (apiUrl === options.publicUrl) return exchange(requestHttp(ownRequest(options, message, signal)), message.body);
  if (!options.apiUrls.includes(apiUrl)) throw new NeverAsked('This identity API is not in API_URLS any more.');
  return exchange(requestHttps(await foreignRequest(options, apiUrl, message, signal)), message.body);
}

function ownRequest(
  options: IdentityClientOptions,
  { path, headers, body }: Message,
  signal: AbortSignal,
): RequestOptions {
  const assertion = makeAssertion(options.assertionKey, { method: 'POST', path, body }, options.clock.now());
  const host = new URL(options.publicUrl).host;
  return {
    socketPath: options.portalSocket,
    method: 'POST',
    path,
    headers: { ...withLength(headers, body), host, [assertionHeader]: assertion },
    agent: false,
    signal,
  };
}

/** Over a socket that was dialled to an address which passed the rule for targets: names that point inward end here. */
async function foreignRequest(
  options: IdentityClientOptions,
  apiUrl: string,
  { path, headers, body }: Message,
  signal: AbortSignal,
) {
  const { hostname, port, host } = new URL(apiUrl);
  const server = hostname.replace(/^\[(.*)\]$/, '$1');
  const dialled = await dial({ server, port: Number(port || 443) }, { rules: options.rules(), signal });
  if (!dialled.ok) throw new NeverAsked(dialled.end.detail ?? 'It cannot be reached.');
  const { socket } = dialled;
  return {
    host: server,
    method: 'POST',
    path,
    headers: { ...withLength(headers, body), host },
    signal,
    // Instead of an agent, which would dial by itself.
    createConnection: () =>
      connectTls({ socket, servername: isIP(server) ? '' : server, host: server, ca: options.ca }),
  } as const;
}

function withLength(headers: Record<string, string>, body: string): Record<string, string> {
  return { ...headers, 'content-length': String(Buffer.byteLength(body)) };
}

function exchange(request: ReturnType<typeof requestHttp>, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    // Unasked-for, it closes the connection without an error, and nobody would ever hear of it.
    request.on('upgrade', (_response, socket) => {
      socket.on('error', () => undefined).destroy();
      reject(new IdentityUnreachable('It wants to speak another protocol.'));
    });
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxIdentityBytes) request.destroy(new IdentityUnreachable('Its answer is too long.'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    request.end(body);
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
