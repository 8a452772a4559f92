import type { EndReason } from '../protocol/session-words.ts';

/** What signs in at the computer. In the gateway's memory from release to dial, nowhere else. */
export type TerminalCredential =
  | { type: 'password'; username: string; password: string }
  | { type: 'ssh_key'; username: string; privateKey: string; passphrase?: string };

export type HostKey = { keyType: string; publicKey: Uint8Array; fingerprint: string };

/** Answered by the live room, which knows what is pinned and may ask the person: dial on, or end with this reason. */
export type HostKeyVerdict = { trusted: true } | { trusted: false; reason: EndReason; detail?: string };

export type TerminalSize = { columns: number; rows: number };

export type BridgeEnd = { reason: EndReason; detail?: string; exitStatus?: number };

/** What a bridge tells: `onEnd` is called exactly once, and last, however the session ends. */
export type TerminalBridgeEvents = {
  onStep(step: 'connecting' | 'signing-in'): void;
  /** The shell is there. Output may follow in the same turn of the event loop. */
  onOpen(): void;
  onOutput(bytes: Uint8Array): void;
  onEnd(end: BridgeEnd): void;
};

/** An open terminal at a computer, over SSH or (later) Telnet. Methods after the end do nothing. */
export type TerminalBridge = {
  /** Keys for the host; dropped before it is open. A host that does not read them ends the session, it does not fill memory. */
  write(bytes: Uint8Array): void;
  resize(size: TerminalSize): void;
  /** Stops reading from the host, so that its own flow control holds it back. */
  pause(): void;
  resume(): void;
  /** Resolves when the connection to the computer is gone, for which it has at most 0.8 s. Never rejects. */
  close(): Promise<void>;
};
