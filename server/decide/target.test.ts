/**
 * Contract: the gateway dials nothing that is itself, its link, a cloud's metadata service or no single machine, in
 * whatever notation the address comes, unless an administrator listed it; its own ports only when the port is listed.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideTarget, type TargetRefusal, type TargetRules, targetSentence } from './target.ts';

const plain: TargetRules = { allowTargets: [], ownPorts: [3000, 8081] };

function because(address: string, port = 22, rules: Partial<TargetRules> = {}): TargetRefusal | 'allowed' {
  const decision = decideTarget(address, port, { ...plain, ...rules });
  return decision.allow ? 'allowed' : decision.because;
}

describe('what is refused by default', () => {
  it.each<[string, TargetRefusal]>([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['0:0:0:0:0:0:0:1', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['::', 'unspecified'],
    ['169.254.0.1', 'link_local'],
    ['fe80::1', 'link_local'],
    ['fe80::1%eth0', 'link_local'],
    ['febf::1', 'link_local'],
    ['fec0::1', 'link_local'],
    ['169.254.169.254', 'metadata'],
    ['169.254.170.2', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['192.0.0.192', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['fd00:0ec2:0::0254', 'metadata'],
    ['fd20:ce::254', 'metadata'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['ff02::1', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
  ])('%s is %s', (address, reason) => {
    expect(because(address)).toBe(reason);
  });

  it.each<[string, TargetRefusal]>([
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::FFFF:169.254.169.254', 'metadata'],
    ['::ffff:0:127.0.0.1', 'loopback'],
    ['::127.0.0.1', 'loopback'],
    ['64:ff9b::127.0.0.1', 'loopback'],
    ['64:ff9b::a9fe:a9fe', 'metadata'],
    ['64:ff9b:1::169.254.1.1', 'link_local'],
    ['2002:7f00:1::', 'loopback'],
    ['2002:a9fe:a9fe::1', 'metadata'],
    ['2001:0:7f00:1::', 'loopback'],
    ['2001:0:102:304::5601:5601', 'metadata'], // a9fe:a9fe inverted
    ['fd12::5efe:127.0.0.1', 'loopback'],
    ['fd12::200:5efe:169.254.169.254', 'metadata'],
  ])('%s, an IPv4 address in disguise, is %s', (address, reason) => {
    expect(because(address)).toBe(reason);
  });

  it.each([
    '10.0.0.1',
    '172.16.5.4',
    '192.168.1.1',
    '8.8.8.8',
    '100.64.0.1',
    '169.253.255.255',
    '126.255.255.255',
    '128.0.0.1',
    '223.255.255.255',
    'fd00::1',
    '2606:4700::1111',
    '2002:808:808::1',
    '::ffff:10.0.0.1',
    '64:ff9b::8.8.8.8',
  ])('%s may be dialled', (address) => {
    expect(because(address)).toBe('allowed');
  });

  it.each(['', 'localhost', '127.1', '2130706433', '0x7f000001', '017700000001', '1.2.3.4.5', '::1::', '[::1]'])(
    '%j is no address, so nothing is dialled',
    (address) => {
      expect(because(address)).toBe('not_an_address');
    },
  );

  it('holds for every loopback address in every disguise', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(byte, byte, byte, (b, c, d) => {
        const dotted = `127.${b}.${c}.${d}`;
        const hex = `7f${b.toString(16).padStart(2, '0')}:${((c << 8) | d).toString(16)}`;
        for (const form of [dotted, `::ffff:${dotted}`, `::ffff:${hex}`, `64:ff9b::${hex}`, `2002:${hex}::`]) {
          expect(because(form)).toBe('loopback');
        }
      }),
    );
  });

  it('never throws, whatever text comes', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.integer(), (address, entry, port) => {
        decideTarget(address, port, { allowTargets: [entry], ownPorts: [port], ownAddresses: [entry], name: entry });
      }),
    );
  });
});

describe('what an administrator lists', () => {
  it.each<[string, string, number, string | undefined]>([
    ['127.0.0.1', '127.0.0.1', 22, undefined],
    ['127.0.0.1:2222', '127.0.0.1', 2222, undefined],
    ['127.0.0.0/8', '127.8.8.8', 22, undefined],
    ['[::1]:2222', '::1', 2222, undefined],
    ['[::1]', '::1', 22, undefined],
    ['::1', '::1', 22, undefined],
    ['localhost', '127.0.0.1', 22, 'localhost'],
    ['LocalHost:22', '::1', 22, 'LOCALHOST.'],
    ['fe80::/10', 'fe80::5', 22, undefined],
    ['0.0.0.0/0', '169.254.169.254', 80, undefined],
  ])('%s lets %s port %i through', (entry, address, port, name) => {
    expect(because(address, port, name ? { allowTargets: [entry], name } : { allowTargets: [entry] })).toBe('allowed');
  });

  it.each<[string, string, number, string | undefined]>([
    ['127.0.0.1:2222', '127.0.0.1', 22, undefined],
    ['127.0.0.1', '127.0.0.2', 22, undefined],
    ['127.0.0.1', '::ffff:127.0.0.1', 22, undefined], // another notation is another entry
    ['10.0.0.0/8', '127.0.0.1', 22, undefined],
    ['127.0.0.0/33', '127.0.0.1', 22, undefined],
    ['localhost', '127.0.0.1', 22, undefined],
    ['localhost', '127.0.0.1', 22, 'localhost.evil.example'],
    ['', '127.0.0.1', 22, ''],
    ['*', '127.0.0.1', 22, undefined],
  ])('%s does not let %s port %i through', (entry, address, port, name) => {
    const rules = name === undefined ? { allowTargets: [entry] } : { allowTargets: [entry], name };
    expect(because(address, port, rules)).toBe('loopback');
  });
});

describe('our own ports', () => {
  const own: Partial<TargetRules> = { ownAddresses: ['10.0.0.5', 'fd00::5'] };

  it('are refused on loopback and on every address of this machine', () => {
    expect(because('127.0.0.1', 3000, own)).toBe('own_port');
    expect(because('10.0.0.5', 8081, own)).toBe('own_port');
    expect(because('::ffff:10.0.0.5', 8081, own)).toBe('own_port');
    expect(because('fd00::5', 3000, own)).toBe('own_port');
  });

  it('do not close the same port of other machines, nor other ports of this one', () => {
    expect(because('10.0.0.6', 3000, own)).toBe('allowed');
    expect(because('10.0.0.5', 22, own)).toBe('allowed');
  });

  it('open only for an entry that names the port', () => {
    expect(because('127.0.0.1', 3000, { allowTargets: ['127.0.0.0/8', '127.0.0.1'] })).toBe('own_port');
    expect(because('127.0.0.1', 3000, { allowTargets: ['127.0.0.1:3000'] })).toBe('allowed');
  });
});

it('says what is wrong in words', () => {
  expect(targetSentence('127.0.0.1', 22, 'loopback')).toBe('127.0.0.1 port 22 is the gateway itself (loopback).');
});
