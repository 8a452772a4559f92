import type { WebSocket } from 'ws';
import type { AuditEvent } from '../audit/events.ts';
import type { HostKey, TerminalBridge, TerminalSize } from '../bridges/terminal-bridge.ts';
import type { SessionId } from '../ids.ts';
import type { AuthorizedConnection } from '../launch/authorized-connection.ts';
import type { ClientFrame, ServerControl } from '../protocol/terminal-frames.ts';
import { BrowserSeat, type SeatHost } from './browser-seat.ts';
import { type KeptOutput, ScratchOutput } from './kept-output.ts';
import { SessionLimits } from './limits.ts';
import type { LivePorts, RecordingEnding } from './ports.ts';
import { ResizePace } from './resize-pace.ts';
import { endedControl, type SessionEnding } from './session-ending.ts';
import { SessionRecording } from './session-recording.ts';
import { Showing } from './showing.ts';
import { TerminalInput } from './terminal-input.ts';
import type { TerminalSocketTimes } from './terminal-socket.ts';
import { Viewers } from './viewers.ts';

export type SessionParts = {
  ports: LivePorts;
  authorized: AuthorizedConnection;
  socket: WebSocket;
  times?: Partial<TerminalSocketTimes>;
};

export type OpenedControl = Omit<Extract<ServerControl, { type: 'opened' }>, 'type' | 'sinceMs'>;
/** Why the host is held back: its browser is behind, what is kept is, or a browser is being shown the screen. */
type Hold = 'browser' | 'kept' | 'screen';

const answerMs = 90_000;
const goodbyeMs = 500;

/**
 * One live session: a host, a recorder, a browser at a time, and what flows between them. Output goes to the recorder
 * before anything can hold it back. A browser may go and come back; whoever ends the session, however often, it ends
 * once, with the first reason.
 */
export class TerminalSession {
  readonly id: SessionId;
  /** Settles when nothing is left of it: host, recording, row and socket are closed. Never rejects. */
  readonly over: Promise<void>;
  #authorized: AuthorizedConnection;
  readonly #ports: LivePorts;
  /** Where its person's browser is. */
  readonly seat: BrowserSeat;
  /** Who only looks. */
  readonly viewers: Viewers;
  readonly #holds = new Set<Hold>();
  readonly #abort = new AbortController();
  readonly #evidence = new Set<Promise<void>>();
  readonly #limits: SessionLimits;
  readonly #input: TerminalInput;
  readonly #resizes = new ResizePace((size) => this.#resize(size));
  readonly #isOver: () => void;
  #kept: KeptOutput | undefined;
  #opened: { facts: OpenedControl; atMs: number } | undefined;
  #bridge: TerminalBridge | undefined;
  #size: TerminalSize | undefined;
  #onSize: ((size: TerminalSize | undefined) => void) | undefined;
  #onKeyAnswer: ((approved: boolean | undefined) => void) | undefined;
  #opening: Promise<void> | undefined;
  #isHeld = false;
  #state: 'opening' | 'active' | 'ending' = 'opening';
  #bytesOut = 0;
  #lastInputAt: Date | undefined;

  constructor({ ports, authorized, socket, times }: SessionParts) {
    this.#ports = ports;
    this.#authorized = authorized;
    this.id = authorized.sessionId;
    let isOver = () => {};
    this.over = new Promise((resolve) => {
      isOver = resolve;
    });
    this.#isOver = isOver;
    this.#input = this.#newInput();
    this.#limits = new SessionLimits(authorized.grant.policy, {
      nowMs: () => ports.clock.now().getTime(),
      tell: (limits) => this.tell(limits),
      warned: (text) => this.#kept?.event({ type: 'policy', text }),
      end: (ending) => void this.end(ending),
    });
    this.#limits.mayRunUntil(authorized.grant.endsAt);
    const showing = new Showing({
      key: this.id,
      ports,
      kept: () => this.#kept,
      total: () => this.#bytesOut,
      hold: () => this.#hold('screen'),
      release: () => this.#release('screen'),
    });
    const seat: SeatHost = {
      isEnding: () => this.isEnding,
      graceMs: () => this.#graceMs(),
      left: () => void this.end({ reason: 'left' }),
      onFrame: (frame) => this.#onFrame(frame),
      onBehind: (isBehind) => (isBehind ? this.#hold('browser') : this.#release('browser')),
      resize: (size) => this.#resize(size),
      show: (parsedBytes) => showing.show(parsedBytes),
      shown: () => showing.shown(),
      opened: () => this.#openedControl(),
      counts: () => ({ bytesOut: this.#bytesOut, inputTaken: this.#input.takenBytes }),
      moved: (how) => this.#moved(how),
    };
    this.seat = new BrowserSeat(seat, { socket, loginId: authorized.actor.login.id }, times);
    this.viewers = new Viewers({
      key: this.id,
      ports,
      kept: () => (this.#state === 'opening' ? undefined : this.#kept),
      total: () => this.#bytesOut,
      tell: (control) => this.tell(control),
    });
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

  /** The last key or paste of its person. */
  get lastInputAt(): Date | undefined {
    return this.#lastInputAt;
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
    this.seat.tell(control);
  }

  /** The host answered: what the browser shows from now on, and again whenever it comes back. */
  tellOpened(facts: OpenedControl): void {
    this.#opened = { facts, atMs: this.#ports.clock.now().getTime() };
    this.tell({ type: 'opened', ...facts });
    this.#limits.begin();
  }

  /** The end of the right it stands on, whenever that is read again; `null`: it has none. */
  mayRunUntil(end: Date | null): void {
    this.#limits.mayRunUntil(end);
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

  /** From here on output is kept: recorded, or only for as long as the session runs. */
  keep(kept: SessionRecording | ScratchOutput): void {
    this.#kept = kept;
    kept.onDrain = () => this.#release('kept');
    kept.onLost = () => this.#release('kept');
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
    if (this.#kept && !this.#kept.output(bytes)) this.#hold('kept');
    this.#input.seen(bytes);
    this.seat.output(bytes);
    this.viewers.output();
  }

  /** Ends the session with this reason, unless it is ending already. Resolves when it is over; never rejects. */
  end(ending: SessionEnding): Promise<void> {
    if (!this.isEnding) {
      this.seat.flush();
      this.#state = 'ending';
      this.#limits.stop();
      this.#resizes.stop();
      void this.#finish(ending);
    }
    return this.over;
  }

  async #finish(ending: SessionEnding): Promise<void> {
    // The host is cut off at once; the screen says so even while a slow disk or database takes the evidence.
    this.#ports.measured.ended(ending.reason);
    const patience = setTimeout(() => this.#sayGoodbye(ending), goodbyeMs);
    try {
      this.#abort.abort();
      const gone = goneAfter(this.#bridge);
      this.#onSize?.(undefined);
      this.#onKeyAnswer?.(undefined);
      this.#input.flush();
      await this.#opening;
      const { reason, detail, exitStatus } = ending;
      await this.viewers.stop(endedControl(ending));
      const recording = await this.#closeKept(ending);
      await Promise.all(this.#evidence);
      const targetClosedMs = await gone;
      const counts = {
        bytesOut: this.#bytesOut,
        bytesIn: this.#input.bytesIn,
        targetClosedMs,
        lastInputAt: this.#lastInputAt,
      };
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

  async #closeKept(ending: SessionEnding): Promise<RecordingEnding | undefined> {
    const kept = this.#kept;
    try {
      if (kept instanceof SessionRecording) return await kept.seal(ending);
      if (kept instanceof ScratchOutput) await kept.discard();
      return undefined;
    } finally {
      this.#ports.screens.forget(this.id); // Not before: it could be asked for again.
    }
  }

  #sayGoodbye(ending: SessionEnding): void {
    this.seat.close(endedControl(ending));
    this.viewers.dismissAll(endedControl(ending));
  }

  #owner() {
    const { id, name } = this.#authorized.actor.person;
    return { role: 'owner', person: name, personId: id } as const;
  }

  #moved(how: { isAttached: boolean; isTakenOver: boolean }): void {
    if (how.isAttached) this.tell(this.#limits.control());
    this.#kept?.event({ type: how.isAttached ? 'join' : 'leave', ...this.#owner() });
    this.#ports.sessions.attached(this.#authorized, how);
    if (how.isAttached) this.viewers.tellWho();
  }

  #graceMs(): number {
    const mayWait = this.#state === 'active' && this.#kept !== undefined;
    return mayWait ? this.#authorized.grant.policy.graceSeconds * 1000 : 0;
  }

  #openedControl(): ServerControl | undefined {
    if (!this.#opened) return undefined;
    const { facts, atMs } = this.#opened;
    return { type: 'opened', ...facts, sinceMs: Math.max(0, this.#ports.clock.now().getTime() - atMs) };
  }

  #newInput(): TerminalInput {
    return new TerminalInput(this.#authorized.grant.policy, {
      isActive: () => this.#state === 'active',
      write: (bytes) => this.#bridge?.write(bytes),
      typed: () => {
        this.#lastInputAt = this.#ports.clock.now();
        this.#limits.typed();
      },
      event: (event) => this.#kept?.event(event),
      taken: (inputBytes) => this.seat.taken(inputBytes),
      refused: (bytes) => this.#tellRefusedPaste(bytes),
      echoed: (ms) => this.#ports.measured.echo(ms),
    });
  }

  #onFrame(frame: ClientFrame): void {
    switch (frame.type) {
      case 'data':
        this.#input.keys(frame.bytes);
        return;
      case 'paste':
        this.#input.paste(frame.bytes);
        return;
      case 'resize':
        this.#resizes.ask({ columns: frame.columns, rows: frame.rows });
        return;
      case 'control':
        if (frame.control.type === 'close') void this.end({ reason: 'closed' });
        else if (frame.control.type === 'here') this.#limits.typed();
        else if (frame.control.type === 'host-key') this.#onKeyAnswer?.(frame.control.approve);
        return;
    }
  }

  #tellRefusedPaste(bytes: number): void {
    this.tell({ type: 'notice', text: 'Pasting is not allowed in this session.' });
    this.audit({ kind: 'session.paste_refused', subject: { bytes } });
  }

  /** Answers whether the terminal had this size already. */
  #resize(size: TerminalSize): boolean {
    const isFirst = !this.#size;
    this.#resizes.forget();
    if (this.#size?.columns === size.columns && this.#size.rows === size.rows) return true;
    this.#size = size;
    if (isFirst) {
      this.#onSize?.(size);
      return false;
    }
    this.#kept?.event({ type: 'resize', ...size });
    this.viewers.resized(size);
    this.#bridge?.resize(size);
    return false;
  }

  #hold(who: Hold): void {
    if (this.#holds.size === 0) this.#bridge?.pause();
    this.#holds.add(who);
  }

  #release(who: Hold): void {
    if (this.#holds.delete(who) && this.#holds.size === 0) this.#bridge?.resume();
  }
}

/** How long the connection to a computer takes to be gone, in milliseconds; `undefined` without one. */
async function goneAfter(bridge: TerminalBridge | undefined): Promise<number | undefined> {
  if (!bridge) return undefined;
  const startMs = performance.now();
  await bridge.close();
  return Math.round(performance.now() - startMs);
}
