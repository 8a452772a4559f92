import { networkInterfaces } from 'node:os';
import type { TargetRules } from '../decide/target.ts';

type Own = { allowTargets: readonly string[]; port: number; awsListen: { port: number } };

/** What this machine may dial, whoever asks: its own ports are closed under every address it has at this moment. */
export function targetRulesOf({ allowTargets, port, awsListen }: Own): TargetRules {
  const ownAddresses = Object.values(networkInterfaces()).flatMap(
    (faces) => faces?.map(({ address }) => address) ?? [],
  );
  return { allowTargets, ownPorts: [port, awsListen.port], ownAddresses };
}
