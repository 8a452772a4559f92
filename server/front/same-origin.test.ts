// Contract: a request that may change something passes only from a page of ours, proven by `Sec-Fetch-Site` or, where a
// browser does not send it, by an exact `Origin`. A WebSocket passes only with our exact `Origin`. Exemptions are
// named one by one, and there are none unless given.
import { describe, expect, it } from 'vitest';
import { publicOriginOf } from './public-origin.ts';
import { isOwnWebSocket, mayPass } from './same-origin.ts';

const ours = publicOriginOf('https://gateway.example');
const own = 'https://gateway.example';

const table: [string, Record<string, string>, boolean][] = [
  ['no header at all: curl, or an old browser on another site', {}, false],
  ['our page, by Sec-Fetch-Site', { 'sec-fetch-site': 'same-origin' }, true],
  ['our page, by both', { 'sec-fetch-site': 'same-origin', origin: own }, true],
  ['our page without a referrer', { 'sec-fetch-site': 'same-origin', origin: 'null' }, true],
  ['typed or reloaded by the person', { 'sec-fetch-site': 'none' }, true],
  ['our page where the browser sends no Sec-Fetch-Site', { origin: own }, true],
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, false],
  ['another site that lies in Origin', { 'sec-fetch-site': 'cross-site', origin: own }, false],
  ['a sibling subdomain', { 'sec-fetch-site': 'same-site', origin: 'https://other.gateway.example' }, false],
  ['contradiction', { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' }, false],
  ['a sandboxed frame', { origin: 'null' }, false],
  ['our name over http', { origin: 'http://gateway.example' }, false],
  ['our name with another port', { origin: 'https://gateway.example:8443' }, false],
  ['our name as a prefix', { origin: 'https://gateway.example.evil.example' }, false],
  ['our name in capitals, which no browser sends', { origin: 'https://GATEWAY.example' }, false],
  ['two origins', { origin: `${own}, https://evil.example` }, false],
  ['an empty origin', { origin: '' }, false],
  ['an unknown Sec-Fetch-Site', { 'sec-fetch-site': 'Same-Origin' }, false],
];

describe('requests that may change something', () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'post', 'TRACE', 'ANYTHING']) {
    it.each(table)(`${method}: %s`, (_title, headers, expected) => {
      expect(mayPass({ method, path: '/', headers }, ours)).toBe(expected);
    });
  }

  it('reading passes from anywhere', () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      expect(mayPass({ method, path: '/', headers: { 'sec-fetch-site': 'cross-site' } }, ours)).toBe(true);
  });

  it('an exemption opens what it names and nothing else', () => {
    const exempt = [({ path, method }: { path: string; method: string }) => method === 'POST' && path === '/start'];
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://shop.example' };
    expect(mayPass({ method: 'POST', path: '/start', headers }, ours, exempt)).toBe(true);
    expect(mayPass({ method: 'POST', path: '/start/', headers }, ours, exempt)).toBe(false);
    expect(mayPass({ method: 'DELETE', path: '/start', headers }, ours, exempt)).toBe(false);
  });
});

describe('WebSocket upgrades', () => {
  it.each([
    [own, true],
    [undefined, false],
    ['null', false],
    ['https://gateway.example/', false],
    ['https://evil.example', false],
    ['http://gateway.example', false],
    ['wss://gateway.example', false],
  ])('origin %s', (origin, expected) => {
    expect(isOwnWebSocket({ origin }, ours)).toBe(expected);
  });
});
