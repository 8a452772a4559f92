import { setPriority } from 'node:os';
import type { FromVerifier, VerifierOrder } from './verifier.ts';
import { verifyRecording } from './verify.ts';

/**
 * The process in which the gateway has one recording verified. It has its own threads for reading files, which recorders
 * would wait behind otherwise, and takes only the time that sessions leave.
 */
setPriority(10);

process.on('disconnect', () => process.exit(0));
process.once('message', async (order: VerifierOrder) => {
  let told = 0;
  const onProgress = (bytes: number, total: number) => {
    const percent = total === 0 ? 100 : Math.floor((bytes / total) * 100);
    if (percent > told) tell({ percent });
    told = percent;
  };
  try {
    const { state, intactSegments, findings, manifest } = await verifyRecording({ ...order, onProgress });
    const problems = findings.map(({ problem }) => problem);
    tell({ verdict: { state, intactSegments, problems, segments: manifest?.segments ?? null } });
  } catch (error) {
    tell({ failed: error instanceof Error ? error.message : String(error) });
  }
});

function tell(message: FromVerifier): void {
  if (process.connected) process.send?.(message);
}
