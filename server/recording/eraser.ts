import { eraseRecording, type Proven, type ProveOrder, proveRecording } from './erase.ts';
import type { RecordingKey } from './manifest.ts';
import type { Deletion } from './tombstone.ts';
import type { Verifier } from './verifier.ts';

export type EraserSettings = {
  /** Absolute path of the store. */
  root: string;
  /** Signs the notes of deletions: the recording key of the keyring as it is now. */
  key(): RecordingKey;
  /** Every key of the installation, SPKI PEM. */
  publicKeys(): Promise<readonly string[]>;
  verifier: Verifier;
};

export type Eraser = {
  /** As `proveRecording`, in a process of its own. */
  prove(recording: Omit<ProveOrder, 'root' | 'publicKeys'>): Promise<Proven>;
  erase(path: string, deletion: Deletion): Promise<void>;
  /** Ends what is being read; it rejects with an `AbortError`. */
  stop(): void;
};

/** Proves recordings before they are deleted, one after the other, and takes their files away. */
export function createEraser({ root, key, publicKeys, verifier }: EraserSettings): Eraser {
  const stopping = new AbortController();
  const options = { onProgress: () => undefined, signal: stopping.signal };
  return {
    prove: async (recording) =>
      proveRecording({ root, publicKeys: await publicKeys(), ...recording }, (order) =>
        verifier.verify(order, options),
      ),
    erase: (path, deletion) => eraseRecording({ root, key: key() }, path, deletion),
    stop: () => stopping.abort(),
  };
}
