import type { WebSocket } from 'ws';
import type { TerminalSize } from '../bridges/terminal-bridge.ts';
import type { LoginSessionId } from '../ids.ts';
import type { ClientFrame, ServerControl } from '../protocol/terminal-frames.ts';
import { Attachment } from './attachment.ts';
import type { CurrentScreen } from './current-screen.ts';
import type { TerminalSocketTimes } from './terminal-socket.ts';

/** A browser, and the sign-in that its ticket was for. */
export type Comer = { socket: WebSocket; loginId: LoginSessionId };

const attachMs = 5_000;
const mostWaiting = 4;
const notInTime = 'A browser that comes back says within 5 s what it shows.';

/** What the seat needs of its session. */
export type SeatHost = {
  isEnding(): boolean;
  /** How long the session waits for a browser; 0: it ends when its browser goes. */
  graceMs(): number;
  /** No browser came in time. */
  left(): void;
  onFrame(frame: ClientFrame): void;
  onBehind(isBehind: boolean): void;
  /** Answers whether the terminal had this size already. */
  resize(size: TerminalSize): boolean;
  /**
   * The session as it is, with the host held back from then on until `shown`; `undefined` when it cannot be made in time.
   * What is returned continues `parsedBytes` of output, if that is known. A later call takes the place of an earlier one.
   */
  show(parsedBytes: number | null): Promise<CurrentScreen | undefined>;
  shown(): void;
  opened(): ServerControl | undefined;
  counts(): { bytesOut: number; inputTaken: number };
  moved(how: { isAttached: boolean; isTakenOver: boolean }): void;
};

/**
 * Where the browser of a session's person sits: one at a time, the newest. It may go and come back within the grace
 * period, from wherever its person is; the session runs on meanwhile.
 */
export class BrowserSeat {
  /** Everybody who may be or become the one: sign-ins are asked about again while they are here. */
  readonly #here = new Map<Attachment, LoginSessionId>();
  readonly #host: SeatHost;
  readonly #times: Partial<TerminalSocketTimes> | undefined;
  #sitting: Attachment | undefined;
  /** Came back and is about to be shown the screen. */
  #coming: Attachment | undefined;
  /** Nobody is here, and that was told. */
  #isLeft = false;
  #grace: NodeJS.Timeout | undefined;

  constructor(host: SeatHost, first: Comer, times?: Partial<TerminalSocketTimes>) {
    this.#host = host;
    this.#times = times;
    this.#sitting = this.#attachment(first);
  }

  get isTaken(): boolean {
    return this.#sitting !== undefined;
  }

  tell(control: ServerControl): void {
    this.#sitting?.tell(control);
  }

  output(bytes: Uint8Array): void {
    this.#sitting?.output(bytes);
  }

  taken(inputBytes: number): void {
    this.#sitting?.taken(inputBytes);
  }

  flush(): void {
    this.#sitting?.flush();
    clearTimeout(this.#grace);
  }

  /** Says so to whoever is here, and lets nobody in any more. */
  close(last: ServerControl): void {
    for (const browser of [...this.#here.keys()]) {
      browser.tell(last);
      browser.close();
    }
  }

  /** Another browser, or the same one again. It says its size and what it shows before it is shown more. */
  add(comer: Comer): void {
    const coming = this.#attachment(comer);
    const waiting = [...this.#here.keys()].filter((browser) => browser !== this.#sitting && browser !== this.#coming);
    if (waiting.length > mostWaiting) waiting[0]?.refuse('Too many browsers want to come to this session.');
    // It must not sit in wait to throw somebody out later.
    const patience = setTimeout(() => {
      if (coming !== this.#sitting && coming !== this.#coming) coming.refuse(notInTime);
    }, attachMs);
    patience.unref();
    if (!this.#host.isEnding()) return;
    coming.tell({ type: 'ended', reason: 'closed' });
    coming.close();
  }

  /** By which sign-ins browsers are here, and how to send one away: its session waits for another. */
  browsers(): { loginId: LoginSessionId; dismiss(): void }[] {
    return [...this.#here].map(([browser, loginId]) => ({
      loginId,
      dismiss: () => {
        browser.tell({ type: 'detached' });
        browser.close();
      },
    }));
  }

  #attachment({ socket, loginId }: Comer): Attachment {
    let size: TerminalSize | undefined;
    const attachment: Attachment = new Attachment(
      socket,
      {
        onFrame: (frame) => {
          if (this.#host.isEnding()) return;
          if (attachment === this.#sitting) return this.#host.onFrame(frame);
          if (frame.type === 'resize') size = { columns: frame.columns, rows: frame.rows };
          else if (frame.type === 'control' && frame.control.type === 'attach' && size && attachment !== this.#coming) {
            void this.#takeIn(attachment, { size, parsedBytes: frame.control.parsedBytes });
          } else attachment.refuse('A browser that comes back says first what it shows.');
        },
        onBehind: (isBehind) => attachment === this.#sitting && this.#host.onBehind(isBehind),
        onGone: () => this.#onGone(attachment),
      },
      this.#times,
    );
    this.#here.set(attachment, loginId);
    return attachment;
  }

  #onGone(attachment: Attachment): void {
    this.#here.delete(attachment);
    if (this.#host.isEnding()) return;
    if (attachment === this.#sitting) this.#sitting = undefined;
    else if (attachment === this.#coming) {
      this.#coming = undefined;
      this.#host.shown();
    } else return;
    this.#host.onBehind(false);
    if (this.#host.graceMs() === 0) {
      this.#host.left();
      return;
    }
    this.#wait();
    if (this.#isLeft) return;
    this.#isLeft = true;
    this.#host.moved({ isAttached: false, isTakenOver: false });
  }

  #wait(): void {
    clearTimeout(this.#grace);
    this.#grace = setTimeout(() => this.#host.left(), this.#host.graceMs());
  }

  /** One that is here already has to go: the newest counts. */
  async #takeIn(coming: Attachment, wish: { size: TerminalSize; parsedBytes: number | null }): Promise<void> {
    const before = [this.#sitting, this.#coming].filter((browser) => browser !== undefined);
    // Before the others go: nobody leaves the session alone here.
    this.#sitting = undefined;
    this.#coming = coming;
    for (const browser of before) {
      browser.tell({ type: 'detached' });
      browser.close();
    }
    this.#host.onBehind(false);
    clearTimeout(this.#grace);
    const isSameSize = this.#host.resize(wish.size);
    const screen = await this.#host.show(isSameSize ? wish.parsedBytes : null);
    if (coming !== this.#coming || this.#host.isEnding()) return; // It left, or another one came.
    this.#coming = undefined;
    this.#begin(coming, { screen, isTakenOver: before.length > 0 });
    this.#host.shown();
  }

  #begin(
    coming: Attachment,
    { screen, isTakenOver }: { screen: CurrentScreen | undefined; isTakenOver: boolean },
  ): void {
    const { bytesOut, inputTaken } = this.#host.counts();
    const outputFrom = screen?.from ?? bytesOut;
    const bytes = screen?.screen ?? new Uint8Array(0);
    const opened = this.#host.opened();
    if (opened) coming.tell(opened);
    coming.tell({ type: 'attached', outputFrom, screenBytes: bytes.length, inputTaken });
    coming.begin(outputFrom, bytes);
    this.#sitting = coming;
    if (screen) coming.output(screen.rest);
    else coming.tell({ type: 'notice', text: 'What was on the screen could not be restored. The session goes on.' });
    this.#isLeft = false;
    this.#host.moved({ isAttached: true, isTakenOver });
  }
}
