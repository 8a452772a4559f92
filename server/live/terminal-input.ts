import { isTyped } from '../protocol/typed-input.ts';
import type { RecordingEvent } from '../protocol/typescript-events.ts';
import { EchoTimer } from './echo-timer.ts';
import { EchoedInput } from './echoed-input.ts';
import { PasteRefusals } from './paste-refusals.ts';

export type TerminalInputHost = {
  /** The host of the session takes input. */
  isActive(): boolean;
  write(bytes: Uint8Array): void;
  /** Its person did something. */
  typed(): void;
  /** For the recording. */
  event(event: RecordingEvent): void;
  /** So much was taken since the session opened. */
  taken(inputBytes: number): void;
  /** Pastes of so many bytes went nowhere. */
  refused(bytes: number): void;
  /** From a key to the first output after it, in milliseconds. */
  echoed(ms: number): void;
};

export type InputRules = { allowPaste: boolean; recordInput: boolean };

/** What a person types and pastes into one session, and what becomes of it. */
export class TerminalInput {
  /** What the host was given. */
  bytesIn = 0;
  readonly #host: TerminalInputHost;
  readonly #allowPaste: boolean;
  readonly #lines: EchoedInput | undefined;
  readonly #refusals: PasteRefusals;
  readonly #timer: EchoTimer;
  #takenBytes = 0;

  constructor({ allowPaste, recordInput }: InputRules, host: TerminalInputHost) {
    this.#host = host;
    this.#allowPaste = allowPaste;
    this.#lines = recordInput ? new EchoedInput((text) => host.event({ type: 'input', text })) : undefined;
    this.#refusals = new PasteRefusals((bytes) => this.#refused(bytes));
    this.#timer = new EchoTimer((ms) => host.echoed(ms));
  }

  get takenBytes(): number {
    return this.#takenBytes;
  }

  keys(bytes: Uint8Array): void {
    if (isTyped(bytes)) {
      this.#host.typed();
      if (this.#host.isActive()) this.#timer.typed();
    }
    this.#write(bytes);
    this.#lines?.typed(bytes);
    this.#took(bytes);
  }

  paste(bytes: Uint8Array): void {
    this.#host.typed();
    if (this.#allowPaste) {
      this.#host.event({ type: 'paste', bytes: bytes.length, allowed: true });
      this.#lines?.spoil();
      this.#write(bytes);
    } else this.#refusals.add(bytes.length);
    this.#took(bytes);
  }

  /** Output of the host. */
  seen(bytes: Uint8Array): void {
    this.#timer.seen();
    this.#lines?.seen(bytes);
  }

  /** Tells what was gathered. */
  flush(): void {
    this.#refusals.flush();
  }

  // Also what went nowhere, so that a browser that comes back does not send it again.
  #took(bytes: Uint8Array): void {
    this.#takenBytes += bytes.length;
    this.#host.taken(this.#takenBytes);
  }

  #write(bytes: Uint8Array): void {
    if (!this.#host.isActive()) return;
    this.bytesIn += bytes.length;
    this.#host.write(bytes);
  }

  #refused(bytes: number): void {
    this.#host.event({ type: 'paste', bytes, allowed: false });
    this.#host.refused(bytes);
  }
}
