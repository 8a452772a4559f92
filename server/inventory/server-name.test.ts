/*
 * The address of a computer has one spelling, so that a pinned host key and a shared credential belong to it and not to
 * a second way of writing it. What is not an address is answered by what to enter instead. Shorthands that resolvers
 * read as addresses are refused: they would name a forbidden target without looking like it.
 */
import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readServerName } from './server-name.ts';

function problemWith(text: string): string {
  const read = readServerName(text);
  return read.ok ? `accepted as ${read.server}` : read.problem;
}

describe('an address', () => {
  test.each([
    ['db1.example.com', 'db1.example.com'],
    ['  DB1.Example.COM. ', 'db1.example.com'],
    ['localhost', 'localhost'],
    ['build_host-2', 'build_host-2'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['3com.example', '3com.example'],
    ['192.0.2.10', '192.0.2.10'],
    [' 10.0.0.1 ', '10.0.0.1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['::1', '::1'],
  ])('%j is stored as %s', (text, server) => {
    expect(readServerName(text)).toEqual({ ok: true, server });
  });

  test('that was accepted is accepted again and does not change', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.domain(), fc.ipV4(), fc.ipV6(), fc.webUrl()), (text) => {
        const once = readServerName(text);
        if (!once.ok) return;
        expect(readServerName(once.server)).toEqual(once);
        expect(once.server).toMatch(/^[a-z0-9._:-]+$/);
      }),
    );
  });
});

describe('what is not one', () => {
  test.each([
    ['', 'Enter the host name'],
    ['   ', 'Enter the host name'],
    ['.', 'Enter the host name'],
    ['ssh://db1.example.com', 'Enter only the host name or address (db1.example.com), without ssh://.'],
    ['https://db1/x', '(db1), without https://.'],
    ['db1.example.com:22', 'the port has its own field'],
    ['[::1]:22', 'the port has its own field'],
    ['192.0.2.10:2222', 'the port has its own field'],
    ['[2001:db8::1]', 'without brackets'],
    ['fe80::1%eth0', 'without a zone'],
    ['db1.example.com/home', 'without a path'],
    ['root@db1', 'the user name belongs to the credential'],
    ['db 1', 'no spaces'],
    ['db1\nProxyCommand x', 'no spaces'],
    ['bücher.example', 'xn--'],
    ['-oProxyCommand=x', 'Enter a host name such as'],
    ['a..b', 'Enter a host name such as'],
    ['-db.example', 'Enter a host name such as'],
    ['db1\u0000.example', 'ASCII'],
    [`${'a'.repeat(64)}.example`, 'Enter a host name such as'],
    [`${'a.'.repeat(130)}example`, 'Enter a host name such as'],
  ])('%j', (text, says) => {
    expect(problemWith(text)).toContain(says);
  });

  test.each([
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '１２７.1',
  ])('%s, which a resolver could read as an address', (text) => {
    expect(readServerName(text).ok).toBe(false);
    expect(isIP(text)).toBe(0);
  });
});
