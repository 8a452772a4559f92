import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { decideTarget, type TargetRules, targetSentence } from '../decide/target.ts';
import type { BridgeEnd } from './terminal-bridge.ts';

export type DialTarget = { server: string; port: number };

export type DialOptions = {
  rules: Omit<TargetRules, 'name'>;
  signal: AbortSignal;
  /** For resolving and connecting together, over all addresses of the name. */
  timeoutMs?: number;
};

export type Dialled = { ok: true; socket: Socket; address: string } | { ok: false; end: BridgeEnd };

const keepAliveDelayMs = 30_000;

/**
 * Connects to a computer: resolves its name once, asks `decideTarget` about every address, and dials the very addresses
 * that were allowed, in order, until one answers. Never rejects; the socket has no delay and keepalive, and is paused.
 */
export async function dial({ server, port }: DialTarget, options: DialOptions): Promise<Dialled> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([options.signal, deadline]);
  const inTime = `within ${Math.round(timeoutMs / 1000)} s`;
  try {
    const addresses = await resolve(server, signal);
    const refusals: string[] = [];
    const allowed = addresses.filter((address) => {
      const decision = decideTarget(address, port, { ...options.rules, name: server });
      if (!decision.allow) refusals.push(targetSentence(address, port, decision.because));
      return decision.allow;
    });
    if (allowed.length === 0) return { ok: false, end: { reason: 'refused_target', detail: refusals.join(' ') } };
    return await connectToFirst(allowed, port, signal);
  } catch (error) {
    if (options.signal.aborted) return unreachable('The attempt was given up.');
    if (deadline.aborted) return unreachable(`${server} port ${port} did not answer ${inTime}.`);
    return unreachable(inWords(error, server, port));
  }
}

async function resolve(server: string, signal: AbortSignal): Promise<string[]> {
  if (isIP(server.replace(/%.*$/, ''))) return [server];
  const found = await unlessAborted(lookup(server, { all: true, order: 'verbatim' }), signal);
  return [...new Set(found.map(({ address }) => address))];
}

async function connectToFirst(addresses: string[], port: number, signal: AbortSignal): Promise<Dialled> {
  let last: Dialled = unreachable('No address to connect to.');
  for (const address of addresses) {
    try {
      return { ok: true, socket: await connectTo(address, port, signal), address };
    } catch (error) {
      if (signal.aborted) throw error;
      last = unreachable(inWords(error, address, port));
    }
  }
  return last;
}

function connectTo(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolved, reject) => {
    signal.throwIfAborted();
    const socket = connect({
      host: address,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveDelayMs,
    });
    const settle = () => {
      signal.removeEventListener('abort', giveUp);
      socket.removeListener('error', fail);
    };
    const fail = (error: unknown) => {
      settle();
      socket.on('error', () => undefined).destroy();
      reject(error);
    };
    const giveUp = () => fail(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once('error', fail);
    socket.once('connect', () => {
      settle();
      socket.pause();
      resolved(socket);
    });
  });
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolved, reject) => {
    signal.throwIfAborted();
    const giveUp = () => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolved, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

function unreachable(detail: string): Dialled {
  return { ok: false, end: { reason: 'unreachable', detail } };
}

/** What a failed lookup or connect means to an administrator. */
export function inWords(error: unknown, host: string, port: number): string {
  const where = `${host} port ${port}`;
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ECONNREFUSED':
      return `${where} refused the connection: nothing listens there.`;
    case 'ETIMEDOUT':
      return `${where} did not answer in time.`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EINVAL':
      return `There is no route from the gateway to ${where}.`;
    case 'EHOSTDOWN':
      return `${where} is down.`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `${where} cut the connection.`;
    case 'EACCES':
    case 'EPERM':
      return `The gateway's own firewall does not let it connect to ${where}.`;
    case 'ENOTFOUND':
    case 'ENODATA':
    case 'EAI_NONAME':
    case 'EAI_NODATA':
      return `The name ${host} is not known to the gateway's name server.`;
    case 'EAI_AGAIN':
    case 'ESERVFAIL':
      return `The gateway's name server did not answer for ${host}.`;
    default:
      return `The connection to ${where} failed.`;
  }
}
