import type { ReadAndVerify } from '../erase.ts';
import { recordingFolder } from '../folder.ts';
import { verifyRecording } from '../verify.ts';

/** Verifies in this process, where a process for each recording would take too long. */
export const verifyHere: ReadAndVerify = async ({ root, path, ...order }) => {
  const { state, findings } = await verifyRecording({ folder: recordingFolder(root, path), ...order });
  return { state, problems: findings.map(({ problem }) => problem) };
};
