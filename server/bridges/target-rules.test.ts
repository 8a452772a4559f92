// Contract: whoever dials for us dials by the same rules. Our own port is closed under every address of this machine,
// loopback and all others; allowing an address does not open it.
import { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import { decideTarget } from '../decide/target.ts';
import { targetRulesOf } from './target-rules.ts';

const addresses = Object.values(networkInterfaces()).flatMap((faces) => faces?.map(({ address }) => address) ?? []);

it.each(addresses)('closes our own port at %s, even where the address is allowed', (address) => {
  expect(
    decideTarget(address, 3000, targetRulesOf({ allowTargets: [address], port: 3000, awsListen: { port: 8081 } })),
  ).toMatchObject({
    allow: false,
  });
});

it('leaves other ports of an allowed address open', () => {
  expect(
    decideTarget(
      '127.0.0.1',
      22,
      targetRulesOf({ allowTargets: ['127.0.0.1'], port: 3000, awsListen: { port: 8081 } }),
    ),
  ).toMatchObject({
    allow: true,
  });
});
