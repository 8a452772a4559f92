import type { IDisposable } from '@xterm/xterm';
import { endSentence } from '#server/protocol/session-words.ts';
import type { ServerControl } from '#server/protocol/terminal-frames.ts';
import { ClipboardGate } from './clipboard-gate.ts';
import { Disposables, listen } from './disposables.ts';
import { FittedSize } from './fitted-size.ts';
import { isMultiLine, pasteBytes } from './paste-text.ts';
import { SessionLink, type Ticket } from './session-link.ts';
import type { SessionEvent } from './session-view.ts';
import { meaningOf } from './shortcuts.ts';
import { openTerminalSocket } from './terminal-connection.ts';
import { TerminalScreen } from './terminal-screen.ts';

export type LiveTerminalOptions = { fontSize: number; screenReaderMode: boolean; isMac: boolean };

export type LiveTerminalEvents = {
  onEvent(event: SessionEvent): void;
  onFind(): void;
  onLeave(): void;
  onLink(url: URL): void;
  /** A paste that would run commands; `send` sends it. */
  onMultiLinePaste(text: string, send: () => void): void;
};

const refusals = {
  copy: 'The policy of this session does not allow copying.',
  paste: 'The policy of this session does not allow pasting.',
} as const;

/** Screen, keys, clipboard and connection of one session, from its ticket to its end. Owns the element it is given. */
export class LiveTerminal implements IDisposable {
  readonly screen: TerminalScreen;
  readonly #events: LiveTerminalEvents;
  readonly #isMac: boolean;
  readonly #owned = new Disposables();
  readonly #fitted: FittedSize;
  readonly #clipboard: ClipboardGate;
  #link: SessionLink | undefined;
  #phase: 'running' | 'over' = 'running';
  #isWarnedIdle = false;

  constructor(host: HTMLElement, options: LiveTerminalOptions, events: LiveTerminalEvents) {
    this.#events = events;
    this.#isMac = options.isMac;
    this.screen = this.#owned.add(
      new TerminalScreen(host, { ...options, scrollback: 10_000, onLink: (url) => events.onLink(url) }),
    );
    const { terminal } = this.screen;
    this.#fitted = this.#owned.add(new FittedSize(terminal, host, (size) => this.#link?.resize(size)));
    this.#clipboard = this.#owned.add(
      new ClipboardGate(host, {
        onPaste: (text) => this.#paste(text),
        onRefused: (what) => events.onEvent({ type: 'notice', text: refusals[what] }),
      }),
    );
    terminal.attachCustomKeyEventHandler((event) => this.#key(event));
    terminal.onData((text) => this.#link?.sendKeys(text));
    terminal.onBinary((text) => this.#link?.sendBinary(text));
    this.#owned.add(listen(window, 'keydown', () => this.#anyKey()));
    this.#owned.add(listen(window, 'beforeunload', (event) => this.#beforeUnload(event)));
  }

  /** Gets a ticket and opens the socket with it. Everything that goes wrong arrives as an event. */
  async connect(url: string, getTicket: () => Promise<Ticket>): Promise<void> {
    const options = {
      getTicket,
      openSocket: (ticket: string) => openTerminalSocket(url, ticket),
      size: () => this.#fitted.size,
      network: window,
    };
    this.#link = this.#owned.add(
      new SessionLink(options, {
        onOutput: (bytes, parsed) => this.screen.write(bytes, parsed),
        onScreenBegins: () => this.screen.beginAgain(),
        onScreen: (bytes) => this.screen.write(bytes, () => undefined),
        onControl: (control) => this.#control(control),
        onReconnecting: (untilMs) => this.#reconnecting(untilMs),
        onOver: (why) => this.#end(why),
      }),
    );
    await this.#link.connect();
  }

  answerHostKey(approve: boolean): void {
    this.#link?.say({ type: 'host-key', approve });
    this.#events.onEvent({ type: 'host-key-answered' });
    this.focus();
  }

  /** Asks the gateway to end the session, which answers with `ended`. Before there is a gateway it simply ends. */
  disconnect(): void {
    if (this.#link?.isConnected) this.#link.say({ type: 'close' });
    else this.#end({ type: 'refused', sentence: endSentence('closed') });
  }

  /** The person is there, though nothing was typed. */
  stay(): void {
    this.#link?.say({ type: 'here' });
    this.focus();
  }

  setFontSize(fontSize: number): void {
    this.screen.terminal.options.fontSize = fontSize;
    this.#fitted.refit();
  }

  setScreenReaderMode(on: boolean): void {
    this.screen.terminal.options.screenReaderMode = on;
  }

  focus(): void {
    this.screen.terminal.focus();
  }

  dispose(): void {
    this.#phase = 'over';
    this.#owned.dispose();
  }

  #control(control: ServerControl): void {
    const event: SessionEvent = { type: 'control', control, atMs: Date.now() };
    if (control.type === 'opened') {
      this.#clipboard.policy = control;
      this.focus();
    }
    if (control.type === 'limits') this.#isWarnedIdle = control.idleInMs !== null;
    if (control.type === 'attached') this.screen.terminal.options.disableStdin = false;
    if (control.type === 'ended' || control.type === 'detached') this.#end(event);
    else this.#events.onEvent(event);
  }

  // What one would type now would be typed blindly.
  #reconnecting(untilMs: number): void {
    this.screen.terminal.options.disableStdin = true;
    this.#events.onEvent({ type: 'reconnecting', untilMs });
  }

  #end(event: SessionEvent): void {
    this.#phase = 'over';
    this.screen.terminal.options.disableStdin = true;
    this.screen.terminal.options.cursorBlink = false;
    this.#events.onEvent(event);
  }

  /** False keeps the key from xterm. What xterm takes it also keeps from the browser. */
  #key(event: KeyboardEvent): boolean {
    if (this.#phase === 'over') return false; // the browser's shortcuts work again
    if (event.type !== 'keydown') {
      if (event.key === 'Alt') event.preventDefault(); // would open the browser's menu
      return true;
    }
    this.#anyKey();
    const meaning = meaningOf(event, this.#isMac);
    if (meaning === 'host') return true;
    if (meaning === 'paste') return false; // a paste event follows
    event.preventDefault();
    if (meaning === 'copy') void this.#copy();
    else if (meaning === 'find') this.#events.onFind();
    else this.#events.onLeave();
    return false;
  }

  // Also one that sends nothing, as Shift.
  #anyKey(): void {
    if (this.#isWarnedIdle) this.#link?.say({ type: 'here' });
  }

  async #copy(): Promise<void> {
    const text = this.screen.terminal.getSelection();
    if (!this.#clipboard.policy.allowCopy) this.#events.onEvent({ type: 'notice', text: refusals.copy });
    else if (text) await navigator.clipboard.writeText(text).catch(() => this.#events.onEvent(copyFailed));
  }

  #paste(text: string): void {
    const send = () => {
      this.#link?.sendPaste(pasteBytes(text, this.screen.terminal.modes.bracketedPasteMode));
      this.screen.terminal.scrollToBottom();
      this.focus();
    };
    if (isMultiLine(text)) this.#events.onMultiLinePaste(text, send);
    else send();
  }

  #beforeUnload(event: Event): void {
    const endsSession = this.#phase === 'running' && this.#link?.isConnected && this.#link.endsWithBrowser;
    if (endsSession) event.preventDefault(); // the browser asks whether to leave
  }
}

const copyFailed: SessionEvent = { type: 'notice', text: 'The browser did not let this page write to the clipboard.' };
