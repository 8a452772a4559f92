// Contract: the address of a client is its peer's, unless the peer is named in TRUST_PROXY; then it is the nearest hop
// that is not a trusted proxy. Nothing a client writes into X-Forwarded-For can make it look like somebody else.
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createClientReader } from './client-address.ts';

const read = (trust: string[], peer: string, forwardedFor?: string) =>
  createClientReader(trust)({
    socket: { remoteAddress: peer },
    headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
  } as unknown as IncomingMessage);

describe('the address of a client', () => {
  it.each<[string, string[], string, string | undefined, string]>([
    ['no proxy', [], '203.0.113.5', undefined, '203.0.113.5'],
    ['a claim from nobody we trust', [], '203.0.113.5', '10.0.0.1', '203.0.113.5'],
    ['a claim from outside the CIDR', ['10.0.0.0/8'], '203.0.113.5', '198.51.100.7', '203.0.113.5'],
    ['one trusted proxy', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.7', '198.51.100.7'],
    ['a forged first entry', ['10.0.0.0/8'], '10.1.2.3', '1.1.1.1, 198.51.100.7', '198.51.100.7'],
    ['two trusted proxies', ['10.0.0.0/8'], '10.1.2.3', '1.1.1.1, 198.51.100.7, 10.9.9.9', '198.51.100.7'],
    ['a trusted proxy that says nothing', ['10.0.0.0/8'], '10.1.2.3', undefined, '10.1.2.3'],
    ['rubbish from a trusted proxy', ['10.0.0.0/8'], '10.1.2.3', 'evil"><script>', '10.1.2.3'],
    ['rubbish behind a good entry', ['10.0.0.0/8'], '10.1.2.3', 'x, 198.51.100.7', '198.51.100.7'],
    ['a mapped IPv4 peer', ['10.1.2.3'], '::ffff:10.1.2.3', '198.51.100.7', '198.51.100.7'],
    ['an IPv6 proxy', ['fd00::/8'], 'fd00::1', '2001:db8::5', '2001:db8::5'],
    ['only proxies all the way', ['10.0.0.0/8'], '10.1.2.3', '10.0.0.9', '10.0.0.9'],
  ])('%s', (_title, trust, peer, forwardedFor, expected) => {
    expect(read(trust, peer, forwardedFor).address).toBe(expected);
  });

  it('tells that a request was forwarded, by whomever', () => {
    expect(read([], '127.0.0.1').forwarded).toBe(false);
    expect(read([], '127.0.0.1', '203.0.113.5').forwarded).toBe(true);
  });

  it('refuses a list that is not addresses', () => {
    expect(() => createClientReader(['proxy.example'])).toThrow(/TRUST_PROXY/);
    expect(() => createClientReader(['10.0.0.0/99'])).toThrow();
  });
});
