import { networkInterfaces } from 'node:os';
import type { TargetRules } from '../decide/target.ts';

/** What this machine may dial, whoever asks: its own port is closed under every address it has at this moment. */
export function targetRulesOf({ allowTargets, port }: { allowTargets: readonly string[]; port: number }): TargetRules {
  const ownAddresses = Object.values(networkInterfaces()).flatMap(
    (faces) => faces?.map(({ address }) => address) ?? [],
  );
  return { allowTargets, ownPorts: [port], ownAddresses };
}
