import { fork } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { environmentForOthers } from '../config/env.ts';
import { assertNoLinks, ReachedByLink, recordingFolder } from './folder.ts';
import type { RecordingEvidence, Verdict, VerifyOrder } from './verify.ts';

/** Everything of an order that can be told to another process. */
export type VerifierOrder = Omit<VerifyOrder, 'onProgress'>;
export type ChildVerdict = Pick<Verdict, 'state' | 'intactSegments'> & {
  /** Whole sentences. */
  problems: string[];
  /** As many as the manifest closes; `null` without one. */
  segments: number | null;
};
export type FromVerifier = { percent: number } | { verdict: ChildVerdict } | { failed: string };

export type Verification = Omit<VerifierOrder, 'folder'> & {
  /** Absolute path of the recordings store, and the recording's in it. */
  root: string;
  path: string;
};

export type Verifier = {
  /**
   * Reads a recording byte by byte in a process of its own, one recording after the other. `onProgress` is told whole
   * percents. Rejects when it could not be read, which says nothing about it; with the reason of `signal` when that is aborted.
   */
  verify(
    order: Verification,
    options: { onProgress(percent: number): void; signal: AbortSignal },
  ): Promise<ChildVerdict>;
  /** How many are being verified or wait for it. */
  readonly waiting: number;
};

/** `childFile` is `verify-child` as this program runs it. */
export function createVerifier(childFile: URL, { execArgv = [] }: { execArgv?: string[] } = {}): Verifier {
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  return {
    get waiting() {
      return waiting;
    },
    async verify({ root, path, ...order }, { onProgress, signal }) {
      waiting += 1;
      const asked = turn.then(async (): Promise<ChildVerdict> => {
        signal.throwIfAborted();
        const problem = await problemOfPlace(root, path, order);
        if (problem !== undefined) return { state: 'tampered', intactSegments: 0, problems: [problem], segments: null };
        return verifyInChild(
          { ...order, folder: recordingFolder(root, path) },
          { childFile, execArgv, onProgress, signal },
        );
      });
      turn = asked.catch(() => undefined);
      try {
        return await asked;
      } finally {
        waiting -= 1;
      }
    },
  };
}

/** What is wrong with where a recording is. Rejects where the store itself cannot be read. */
async function problemOfPlace(
  root: string,
  path: string,
  { anchors = [], sealedHead, deletion }: RecordingEvidence,
): Promise<string | undefined> {
  await access(root, constants.R_OK | constants.X_OK);
  try {
    await assertNoLinks(root, path);
    return undefined;
  } catch (error) {
    if (error instanceof ReachedByLink)
      return 'Its folder is reached through a link, which is not how it was recorded.';
    // A backup leaves out what was deleted, so that a restored installation has nothing of it.
    const isKnown = !deletion && (anchors.length > 0 || sealedHead !== undefined);
    if (isKnown && (error as NodeJS.ErrnoException).code === 'ENOENT') {
      return 'Its folder is gone, and the audit log knows that it was recorded.';
    }
    throw error;
  }
}

type ChildRun = { childFile: URL; execArgv: string[]; onProgress(percent: number): void; signal: AbortSignal };

function verifyInChild(
  order: VerifierOrder,
  { childFile, execArgv, onProgress, signal }: ChildRun,
): Promise<ChildVerdict> {
  return new Promise((resolve, reject) => {
    const child = fork(childFile, [], {
      env: environmentForOthers(),
      execArgv,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const leave = () => child.kill('SIGKILL');
    signal.addEventListener('abort', leave, { once: true });
    const settle = (settled: () => void) => {
      signal.removeEventListener('abort', leave);
      leave();
      settled();
    };
    child.on('message', (message: FromVerifier) => {
      if ('percent' in message) onProgress(message.percent);
      else if ('verdict' in message) settle(() => resolve(message.verdict));
      else settle(() => reject(new Error(message.failed)));
    });
    child.once('error', (error) => settle(() => reject(error)));
    child.once('exit', () =>
      settle(() => reject(signal.aborted ? signal.reason : new Error('The verifying process ended.'))),
    );
    child.send(order, (error) => error && settle(() => reject(error)));
  });
}
