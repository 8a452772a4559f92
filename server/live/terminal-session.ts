import type { WebSocket } from 'ws';
import type { AuditEvent } from '../audit/events.ts';
import type { HostKey, TerminalBridge, TerminalSize } from '../bridges/terminal-bridge.ts';
import type { SessionId } from '../ids.ts';
import type { AuthorizedConnection } from '../launch/authorized-connection.ts';
import type { EndReason } from '../protocol/session-words.ts';
import type { ClientFrame, ServerControl } from '../protocol/terminal-frames.ts';
import { EchoedInput } from './echoed-input.ts';
import { FlowControl } from './flow-control.ts';
import { OutputCoalescer } from './output-coalescer.ts';
import { PasteRefusals } from './paste-refusals.ts';
import type { LivePorts } from './ports.ts';
import type { SessionRecording } from './session-recording.ts';
import { TerminalSocket, type TerminalSocketTimes } from './terminal-socket.ts';

export type SessionEnding = {
  reason: EndReason;
  detail?: string | undefined;
  exitStatus?: number | undefined;
  /** Who asked for it, when it was not the person at the terminal. */
  by?: string;
};

export type SessionParts = {
  ports: LivePorts;
  authorized: AuthorizedConnection;
  socket: WebSocket;
  times?: Partial<TerminalSocketTimes>;
};

/** Frames sent while this much waits for the network tell when they have left. */
const watchAboveBytes = 64 * 1024;
const answerMs = 90_000;
const goodbyeMs = 500;

/**
 * One live session: a browser, a recorder, a host, and what flows between them. Output goes to the recorder before
 * anything can hold it back. Whoever ends it, however often, it ends once, with the first reason.
 */
export class TerminalSession {
  readonly id: SessionId;
  /** Settles when nothing is left of it: host, recording, row and socket are closed. Never rejects. */
  readonly over: Promise<void>;
  #authorized: AuthorizedConnection;
  readonly #ports: LivePorts;
  readonly #socket: TerminalSocket;
  readonly #coalescer = new OutputCoalescer((...sent) => this.#sendOutput(...sent));
  readonly #flow = new FlowControl();
  readonly #holds = new Set<'browser' | 'recorder'>();
  readonly #abort = new AbortController();
  readonly #pasteRefusals: PasteRefusals;
  readonly #evidence = new Set<Promise<void>>();
  readonly #echoed: EchoedInput | undefined;
  readonly #isOver: () => void;
  #recording: SessionRecording | undefined;
  #bridge: TerminalBridge | undefined;
  #size: TerminalSize | undefined;
  #onSize: ((size: TerminalSize | undefined) => void) | undefined;
  #onKeyAnswer: ((approved: boolean | undefined) => void) | undefined;
  #opening: Promise<void> | undefined;
  #isHeld = false;
  #state: 'opening' | 'active' | 'ending' = 'opening';
  #bytesOut = 0;
  #bytesIn = 0;

  constructor({ ports, authorized, socket, times }: SessionParts) {
    this.#ports = ports;
    this.#authorized = authorized;
    this.id = authorized.sessionId;
    let isOver = () => {};
    this.over = new Promise((resolve) => {
      isOver = resolve;
    });
    this.#isOver = isOver;
    const { recordInput } = authorized.grant.policy;
    this.#echoed = recordInput ? new EchoedInput((text) => this.#recording?.event({ type: 'input', text })) : undefined;
    this.#pasteRefusals = new PasteRefusals((bytes) => this.#tellRefusedPaste(bytes));
    const events = {
      onFrame: (frame: ClientFrame) => this.#onFrame(frame),
      onGone: () => this.end({ reason: 'left' }),
    };
    this.#socket = new TerminalSocket(socket, events, times);
  }

  get authorized(): AuthorizedConnection {
    return this.#authorized;
  }

  /** The same session, at the next server of its computer. */
  aim(authorized: AuthorizedConnection): void {
    this.#authorized = authorized;
  }

  get state(): 'opening' | 'active' | 'ending' {
    return this.#state;
  }

  get isEnding(): boolean {
    return this.#state === 'ending';
  }

  /** Aborted as soon as the session begins to end. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Runs the opening; the end waits for it. */
  open(opening: (session: TerminalSession) => Promise<void>): void {
    this.#opening = opening(this);
  }

  /** The row in the database is ours from here on: its lease to renew and its end to write. */
  held(): void {
    this.#isHeld = true;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** The size of the browser's terminal, as soon as it is known; `undefined` when the session ends before. */
  size(): Promise<TerminalSize | undefined> {
    if (this.#size || this.isEnding) return Promise.resolve(this.#size);
    return new Promise((resolve) => {
      this.#onSize = resolve;
    });
  }

  tell(control: ServerControl): void {
    this.#socket.tell(control);
  }

  /** Writes evidence about this session. Nobody waits for it but its end. */
  audit(event: AuditEvent): void {
    const about = { actorId: this.authorized.actor.person.id, sessionId: this.id };
    const written = this.#ports.audit
      .append({ ...event, ...about })
      .catch((err) =>
        this.#ports.log.error('Evidence could not be written', { err, code: event.kind, sessionId: this.id }),
      )
      .finally(() => this.#evidence.delete(written));
    this.#evidence.add(written);
  }

  record(recording: SessionRecording): void {
    this.#recording = recording;
    recording.onDrain = () => this.#release('recorder');
    recording.onLost = () => this.#release('recorder');
  }

  connect(bridge: TerminalBridge): void {
    this.#bridge = bridge;
    if (this.#size) bridge.resize(this.#size);
    if (this.#holds.size > 0) bridge.pause();
  }

  activate(): void {
    if (this.#state === 'opening') this.#state = 'active';
  }

  /** Shows the person a host key; `undefined` when nobody answered in time. */
  askAboutKey({ keyType, fingerprint }: HostKey): Promise<boolean | undefined> {
    if (this.isEnding) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const patience = setTimeout(() => this.#onKeyAnswer?.(undefined), answerMs);
      this.#onKeyAnswer = (approved) => {
        clearTimeout(patience);
        this.#onKeyAnswer = undefined;
        resolve(approved);
      };
      const { server, port } = this.authorized;
      this.tell({ type: 'host-key', host: `${server}:${port}`, keyType, fingerprint });
    });
  }

  /** Output of the host. */
  output(bytes: Uint8Array): void {
    if (this.isEnding) return;
    this.#bytesOut += bytes.length;
    if (this.#recording && !this.#recording.output(bytes)) this.#hold('recorder');
    this.#echoed?.seen(bytes);
    this.#coalescer.add(bytes);
  }

  /** Ends the session with this reason, unless it is ending already. Resolves when it is over; never rejects. */
  end(ending: SessionEnding): Promise<void> {
    if (!this.isEnding) {
      this.#coalescer.flush();
      this.#state = 'ending';
      void this.#finish(ending);
    }
    return this.over;
  }

  async #finish(ending: SessionEnding): Promise<void> {
    // The host is cut off at once; the screen says so even while a slow disk or database takes the evidence.
    const patience = setTimeout(() => this.#sayGoodbye(ending), goodbyeMs);
    try {
      this.#abort.abort();
      this.#bridge?.close();
      this.#coalescer.stop();
      this.#onSize?.(undefined);
      this.#onKeyAnswer?.(undefined);
      this.#pasteRefusals.flush();
      await this.#opening;
      const { reason, detail, exitStatus } = ending;
      const recording = await this.#recording?.seal(ending);
      await Promise.all(this.#evidence);
      const counts = { bytesOut: this.#bytesOut, bytesIn: this.#bytesIn };
      if (this.#isHeld) {
        await this.#ports.sessions.ended(this.authorized, { reason, detail, exitStatus, ...counts, recording });
      }
    } catch (err) {
      // The lease runs out and the reaper ends the row; the person is told all the same.
      this.#ports.log.error('The end of a session could not be written', { err, sessionId: this.id });
    }
    clearTimeout(patience);
    this.#sayGoodbye(ending);
    this.#isOver();
  }

  #sayGoodbye(ending: SessionEnding): void {
    this.tell(endedControl(ending));
    this.#socket.close();
  }

  #onFrame(frame: ClientFrame): void {
    if (this.isEnding) return;
    switch (frame.type) {
      case 'data':
        this.#input(frame.bytes);
        this.#echoed?.typed(frame.bytes);
        return;
      case 'paste':
        this.#paste(frame.bytes);
        return;
      case 'resize':
        this.#resize({ columns: frame.columns, rows: frame.rows });
        return;
      case 'ack':
        if (!this.#flow.acked(frame.parsedBytes)) this.#socket.refuse('More was acknowledged than was sent.');
        else if (this.#holds.has('browser')) this.#reviewFlow();
        return;
      case 'control':
        if (frame.control.type === 'close') void this.end({ reason: 'closed' });
        else this.#onKeyAnswer?.(frame.control.approve);
        return;
      case 'ping':
        return;
    }
  }

  #input(bytes: Uint8Array): void {
    if (this.#state !== 'active') return;
    this.#bytesIn += bytes.length;
    this.#bridge?.write(bytes);
  }

  #paste(bytes: Uint8Array): void {
    if (!this.authorized.grant.policy.allowPaste) {
      this.#pasteRefusals.add(bytes.length);
      return;
    }
    this.#recording?.event({ type: 'paste', bytes: bytes.length, allowed: true });
    this.#echoed?.spoil();
    this.#input(bytes);
  }

  #tellRefusedPaste(bytes: number): void {
    this.#recording?.event({ type: 'paste', bytes, allowed: false });
    this.tell({ type: 'notice', text: 'Pasting is not allowed in this session.' });
    this.audit({ kind: 'session.paste_refused', subject: { bytes } });
  }

  #resize(size: TerminalSize): void {
    const isFirst = !this.#size;
    if (this.#size?.columns === size.columns && this.#size.rows === size.rows) return;
    this.#size = size;
    if (isFirst) {
      this.#onSize?.(size);
      return;
    }
    this.#recording?.event({ type: 'resize', ...size });
    this.#bridge?.resize(size);
  }

  #sendOutput(frame: Buffer, bytes: number, onSent: (() => void) | undefined): void {
    this.#flow.sent(bytes);
    const isBehind = this.#socket.bufferedBytes > watchAboveBytes;
    const review = () => {
      onSent?.();
      this.#reviewFlow();
    };
    this.#socket.send(frame, isBehind ? review : onSent);
    if (this.#flow.mustWait(this.#socket.bufferedBytes)) this.#hold('browser');
  }

  #reviewFlow(): void {
    if (!this.#flow.mustWait(this.#socket.bufferedBytes)) this.#release('browser');
  }

  #hold(who: 'browser' | 'recorder'): void {
    if (this.#holds.size === 0) this.#bridge?.pause();
    this.#holds.add(who);
  }

  #release(who: 'browser' | 'recorder'): void {
    if (this.#holds.delete(who) && this.#holds.size === 0) this.#bridge?.resume();
  }
}

function endedControl({ reason, detail, exitStatus }: SessionEnding): ServerControl {
  return {
    type: 'ended',
    reason,
    ...(detail !== undefined && { detail }),
    ...(exitStatus !== undefined && { exitStatus }),
  };
}
