// Contract: an address is written as every SSH tool reads it.

import { expect, it } from 'vitest';
import { addressOf } from './address.ts';

it.each([
  ['db1.example.com', 22, 'db1.example.com:22'],
  ['10.0.0.5', 2222, '10.0.0.5:2222'],
  ['fe80::1', 22, '[fe80::1]:22'],
])('%s and %i', (server, port, address) => {
  expect(addressOf({ server, port })).toBe(address);
});
