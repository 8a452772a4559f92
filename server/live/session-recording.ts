import type { TerminalCredential } from '../bridges/terminal-bridge.ts';
import type { AuthorizedConnection } from '../launch/authorized-connection.ts';
import type {
  Anchor,
  Recorder,
  RecorderCallbacks,
  RecordingEvent,
  RecordingSource,
  RecordingSubject,
} from '../recording/port.ts';
import { type KeptOutput, pressureBytes } from './kept-output.ts';
import type { LivePorts, RecordingEnding } from './ports.ts';
import type { SessionEnding } from './session-ending.ts';

export type RecordingLoss = { code: string; sentence: string };

/** The recording of one session, from its first byte to its seal, and what a failure of it means. */
export class SessionRecording implements KeptOutput {
  onDrain: (() => void) | undefined;
  /** It failed, and nothing waits for it any more. Called once, after the failure was passed to whom it concerns. */
  onLost: (() => void) | undefined;
  readonly #ports: LivePorts;
  readonly #recorder: Recorder;
  readonly #path: string;
  /** The last head that was told: every earlier one follows from it. */
  readonly #lastAnchor: () => Anchor;
  #lossCode: string | undefined;

  constructor(ports: LivePorts, recorder: Recorder, { path, lastAnchor }: { path: string; lastAnchor(): Anchor }) {
    this.#ports = ports;
    this.#recorder = recorder;
    this.#path = path;
    this.#lastAnchor = lastAnchor;
    recorder.onDrain = () => this.onDrain?.();
  }

  /** `false`: hold the host back until `onDrain`. */
  output(bytes: Uint8Array): boolean {
    if (this.#lossCode) return true;
    this.#recorder.output(bytes);
    return this.#recorder.queuedBytes <= pressureBytes;
  }

  event(event: RecordingEvent): void {
    if (!this.#lossCode) this.#recorder.event(event);
  }

  read<T>(work: (source: RecordingSource) => Promise<T>): Promise<T> {
    return this.#recorder.read(work);
  }

  flush(): Promise<void> {
    return this.#recorder.flush();
  }

  lost(code: string): void {
    this.#lossCode = code;
    this.onLost?.();
  }

  /** Closes it for good. Never rejects: what could not be written is sealed as far as it got. */
  async seal({ reason, exitStatus, by }: SessionEnding): Promise<RecordingEnding> {
    if (by !== undefined) this.event({ type: 'kill', reason, by });
    this.event({ type: 'exit', reason, ...(exitStatus !== undefined && { exitStatus }) });
    if (!this.#lossCode) {
      try {
        return { sealed: await this.#recorder.seal(reason), reason };
      } catch (error) {
        this.#lossCode = describeLoss(error).code;
      }
    }
    return this.#sealRest(this.#lossCode);
  }

  async #sealRest(code: string): Promise<RecordingEnding> {
    try {
      const rest = await this.#ports.recordings.sealAfterCrash(this.#path, 'recorder_failed', [this.#lastAnchor()]);
      if (rest.outcome !== 'nothing_recorded') return { sealed: rest.sealed, reason: 'recorder_failed' };
    } catch (err) {
      this.#ports.log.error('What was left of a recording could not be sealed', { err, code });
    }
    return { failed: code };
  }
}

export type OpenedRecording = { recording: SessionRecording } | { loss: RecordingLoss };

/** Opens the recorder of a session and its row. Never rejects. */
export async function openRecording(
  ports: LivePorts,
  authorized: AuthorizedConnection,
  about: { credential: TerminalCredential; columns: number; rows: number },
  callbacks: RecorderCallbacks,
): Promise<OpenedRecording> {
  const { columns, rows, credential } = about;
  try {
    const subject = subjectOf(authorized, credential.username);
    const secretPrints = ports.printsOf(authorized.sessionId, credential);
    let lastAnchor: Anchor | undefined;
    const onSegment = (seq: number, head: string) => {
      lastAnchor = { seq, head };
      callbacks.onSegment(seq, head);
    };
    const opened = await ports.recordings.open(subject, { columns, rows }, { ...callbacks, onSegment });
    const { recorder, path, openingHead } = opened;
    try {
      await ports.sessions.recording(authorized, { path, openingHead, secretPrints });
    } catch (error) {
      await recorder.seal('recorder_failed').catch(() => undefined); // The first error is the one to tell.
      throw error;
    }
    const anchor = () => lastAnchor ?? { seq: 0, head: openingHead };
    return { recording: new SessionRecording(ports, recorder, { path, lastAnchor: anchor }) };
  } catch (err) {
    ports.log.error('A recording could not be opened', { err, sessionId: authorized.sessionId });
    return { loss: describeLoss(err) };
  }
}

export function subjectOf(authorized: AuthorizedConnection, account: string): RecordingSubject {
  const { sessionId, actor, computer, mode, server, port, grant, terms, checkOutId } = authorized;
  const { id, name, email } = actor.person;
  const { id: policyId, name: policyName, recording, recordInput, allowCopy, allowPaste } = grant.policy;
  return {
    sessionId,
    person: { id, name, email },
    computer: { id: computer.id, name: computer.name, server, port },
    account,
    mode,
    policy: { id: policyId, name: policyName, recording, recordInput, allowCopy, allowPaste },
    terms,
    checkOut: checkOutId,
  };
}

/** What failed, as a code for the log of evidence and a sentence without paths for a screen. */
export function describeLoss(error: unknown): RecordingLoss {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
  const sentences: Record<string, string> = {
    LOW_SPACE:
      'The disk of the recordings has too little free space. An administrator can make room there, or let less be left free in the settings.',
    ENOSPC: 'The disk of the recordings is full.',
    EDQUOT: 'The disk quota of the recordings is used up.',
    EROFS: 'The disk of the recordings is read-only.',
    EACCES: 'The gateway may not write to the folder of the recordings.',
    EIO: 'The disk of the recordings reports errors.',
  };
  return { code, sentence: sentences[code] ?? 'The recording could not be written.' };
}
