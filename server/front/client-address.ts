import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';

export type Client = {
  /** Address of the browser as far as we can know it: the peer's, or what a trusted proxy says. */
  address: string;
  /** The peer is one of TRUST_PROXY, so what it forwards is believed. */
  viaTrustedProxy: boolean;
  /** Somebody forwarded this request, trusted or not: a loopback peer then does not mean a local person. */
  forwarded: boolean;
};

export type ClientReader = (request: IncomingMessage) => Client;

/** Reads who is at the other end. `trustProxy`: addresses or CIDRs whose `X-Forwarded-*` is believed; throws on others. */
export function createClientReader(trustProxy: readonly string[]): ClientReader {
  const trusted = listOf(trustProxy);
  const isTrusted = (address: string) => isIP(address) !== 0 && trusted.check(address, familyOf(address));
  return (request) => {
    const peer = plain(request.socket.remoteAddress ?? '');
    const viaTrustedProxy = isTrusted(peer);
    return {
      address: viaTrustedProxy ? lastUntrusted(request.headers['x-forwarded-for'], isTrusted, peer) : peer,
      viaTrustedProxy,
      forwarded: forwardingHeaders.some((name) => request.headers[name] !== undefined),
    };
  };
}

const forwardingHeaders = ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'];

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

// A dual-stack listener shows IPv4 peers as ::ffff:192.0.2.1.
const plain = (address: string) => (/^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice(7) : address);

function listOf(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/');
    if (isIP(address) === 0) throw new TypeError(`TRUST_PROXY: "${entry}" is not an address or a CIDR`);
    if (bits === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(bits), familyOf(address));
  }
  return list;
}

// Every proxy appends the peer it saw, so only the entries right of the first untrusted one were written by our own.
function lastUntrusted(
  header: string | string[] | undefined,
  isTrusted: (address: string) => boolean,
  peer: string,
): string {
  const hops = String(header ?? '').split(',');
  let nearest = peer;
  for (const hop of hops.reverse()) {
    const address = plain(hop.trim());
    if (isIP(address) === 0) return nearest;
    nearest = address;
    if (!isTrusted(address)) return nearest;
  }
  return nearest;
}
