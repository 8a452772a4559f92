import { within } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Screens } from '../recording/screens.ts';
import { type CurrentScreen, currentScreen } from './current-screen.ts';
import type { KeptOutput } from './kept-output.ts';

export type ShowingHost = {
  key: string;
  ports: { screens: Screens; log: Log; showMs: number };
  kept(): KeptOutput | undefined;
  total(): number;
  /** Nothing more comes from the host, until `release`. */
  hold(): void;
  release(): void;
};

/** Shows one session to browsers that come back: the last of them counts, and none of them for longer than `showMs`. */
export class Showing {
  readonly #host: ShowingHost;
  #shows = 0;

  constructor(host: ShowingHost) {
    this.#host = host;
  }

  /** The screen, with the host held back until `shown`; `undefined` when it cannot be made in time. Never rejects. */
  async show(parsedBytes: number | null): Promise<CurrentScreen | undefined> {
    const { key, ports, total } = this.#host;
    const kept = this.#host.kept();
    this.#shows += 1;
    const show = this.#shows;
    // One that comes too late, or for nobody any more, must not hold the host back for ever.
    const hold = () => show === this.#shows && this.#host.hold();
    try {
      if (!kept) return undefined;
      const { screens, showMs } = ports;
      return await within(showMs, currentScreen({ key, kept, screens, total, hold, parsedBytes }));
    } catch (err) {
      ports.log.warn('The screen of a session could not be restored', { err, sessionId: key });
      return undefined;
    }
  }

  shown(): void {
    this.#shows += 1;
    this.#host.release();
  }
}
