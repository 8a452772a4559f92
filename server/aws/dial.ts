import { lookup } from 'node:dns';
import { type ClientRequest, Agent as PlainAgent, request as requestPlain } from 'node:http';
import { Agent, request as requestTls } from 'node:https';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';
import { decideTarget, type TargetRules } from '../decide/target.ts';
import type { RawHeader } from './sigv4/request.ts';

/** Where a request goes on the wire. `isOwn`: an endpoint that an administrator entered, and no host of AWS. */
export type Route = { protocol: 'https:' | 'http:'; host: string; port: number; isOwn: boolean; caPem?: string };

export type Outgoing = { method: string; target: string; headers: readonly RawHeader[] };

/** What a connection fails with that is not to be made. */
export class PrivateAddress extends Error {
  override name = 'PrivateAddress';
}

export type DialOptions = {
  /** What this machine may dial; read at every connection. */
  rules(): TargetRules;
  /** Instead of the system's resolver. */
  resolve?: Resolve;
  /** Authorities to believe instead of the usual ones, for hosts of AWS. */
  caPem?: string;
  connectTimeoutMs?: number;
};

type Address = { address: string; family: number };
type Resolve = (host: string) => Promise<readonly Address[]>;

export type Dialer = {
  /** Opens a request. It fails with `PrivateAddress` where a name leads to what may not be dialled. */
  open(route: Route, outgoing: Outgoing): ClientRequest;
  close(): void;
};

const idleMs = 20 * 60_000;

/**
 * Connections to AWS and to endpoints of one's own. A name is resolved once for a connection, every address of it is
 * looked at, and one that was looked at is dialled. Certificates are always verified.
 */
export function createDialer(options: DialOptions): Dialer {
  const { resolve = resolveBySystem, connectTimeoutMs = 10_000 } = options;
  const pool = { keepAlive: true, maxFreeSockets: 64, scheduling: 'lifo' as const, timeout: idleMs };
  // Apart, because what may be dialled differs.
  const agents = { aws: new Agent(pool), own: new Agent(pool), plain: new PlainAgent(pool) };

  function open(route: Route, { method, target, headers }: Outgoing): ClientRequest {
    const allowed = (addresses: readonly Address[]) =>
      addresses.length > 0 && addresses.every(({ address }) => mayDial(address, route, options.rules()));
    if (isIP(route.host) && !allowed([{ address: route.host, family: isIP(route.host) }])) throw new PrivateAddress();
    const common = {
      method,
      host: route.host,
      port: route.port,
      path: target,
      headers: headers.flat(),
      lookup: checkedLookup(resolve, allowed),
      setHost: false,
      maxHeaderSize: 64 * 1024,
    };
    const caPem = route.caPem ?? (route.isOwn ? undefined : options.caPem);
    const sending =
      route.protocol === 'http:'
        ? requestPlain({ ...common, agent: agents.plain })
        : requestTls({
            ...common,
            agent: route.isOwn ? agents.own : agents.aws,
            ...(!isIP(route.host) && { servername: route.host }),
            minVersion: 'TLSv1.2',
            rejectUnauthorized: true,
            ...(caPem !== undefined && { ca: caPem }),
          });
    giveUpConnecting(sending, connectTimeoutMs);
    return sending;
  }

  return {
    open,
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

// Not for the answer: a function of AWS may take a quarter of an hour to give one.
function giveUpConnecting(sending: ClientRequest, afterMs: number): void {
  sending.once('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => sending.destroy(new Error('No connection in time')), afterMs);
    const done = () => clearTimeout(timer);
    socket.once('secureConnect', done).once('close', done);
    if (!('encrypted' in socket)) socket.once('connect', done);
    socket.setKeepAlive(true, 30_000);
  });
}

function checkedLookup(resolve: Resolve, allowed: (addresses: readonly Address[]) => boolean): LookupFunction {
  return (host, { all }, done) => {
    resolve(host).then(
      (addresses) => {
        const [first] = addresses;
        if (!first || !allowed(addresses)) done(new PrivateAddress(), '', 0);
        else if (all) done(null, [...addresses]);
        else done(null, first.address, first.family);
      },
      (error) => done(error, '', 0),
    );
  };
}

function resolveBySystem(host: string): Promise<Address[]> {
  return new Promise((settle, fail) => {
    lookup(host, { all: true }, (error, addresses) => (error ? fail(error) : settle(addresses)));
  });
}

/** A name of AWS never leads into a private network, unless ALLOW_TARGETS lists where: then it is a VPC endpoint. */
function mayDial(address: string, { host, port, isOwn, protocol }: Route, rules: TargetRules): boolean {
  const named = { ...rules, name: host };
  const bare = decideTarget(address, port, { ...named, allowTargets: [] });
  if (!bare.allow && ['metadata', 'link_local', 'unspecified', 'multicast'].includes(bare.because)) return false;
  const decision = decideTarget(address, port, named);
  if (!decision.allow) return false;
  if (protocol === 'http:') return !bare.allow && bare.because === 'loopback';
  return isOwn || !isPrivate(address) || isListed(address, port, named);
}

// Ranges that only a list can open: the rules know no difference between private and public ones.
function isListed(address: string, port: number, rules: TargetRules): boolean {
  const { name, allowTargets } = rules;
  return allowTargets.some((entry) => {
    const text = entry.toLowerCase();
    if (text === name || text === `${name}:${port}`) return true;
    if (text === address || text === `${address}:${port}` || text === `[${address}]:${port}`) return true;
    const [net = '', bits] = text.split('/');
    if (bits === undefined || isIP(net) !== isIP(address)) return false;
    const list = new BlockList();
    list.addSubnet(net, Number(bits), isIPv6(net) ? 'ipv6' : 'ipv4');
    return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  });
}

const privateRanges = new BlockList();
for (const [net, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
] as const)
  privateRanges.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['fc00::', 7],
  ['::1', 128],
  // Addresses that carry another one inside: none of AWS's do.
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['2001::', 32],
] as const)
  privateRanges.addSubnet(net, bits, 'ipv6');

function isPrivate(address: string): boolean {
  return privateRanges.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
