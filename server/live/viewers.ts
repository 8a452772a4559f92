import type { WebSocket } from 'ws';
import type { TerminalSize } from '../bridges/terminal-bridge.ts';
import type { SessionViewId } from '../ids.ts';
import type { AuthorizedView } from '../launch/authorized-connection.ts';
import type { ScreenPicture } from '../protocol/screen-picture.ts';
import type { ServerControl } from '../protocol/terminal-frames.ts';
import type { KeptOutput } from './kept-output.ts';
import type { LivePorts, ViewKind } from './ports.ts';
import type { TerminalSocketTimes } from './terminal-socket.ts';
import { Viewer } from './viewer.ts';
import { ViewerFeed } from './viewer-feed.ts';

/** What those who look need of the session. */
export type ViewersHost = {
  key: string;
  ports: Pick<LivePorts, 'screens' | 'views' | 'log'>;
  /** Where its output is kept while it runs; `undefined`: not yet, not any more, or nowhere. */
  kept(): KeptOutput | undefined;
  total(): number;
  /** To the person of the session. */
  tell(control: ServerControl): void;
};

/** Somebody who looks now. Asked about again and again, and sent away when they may not any more. */
export type Look = { view: AuthorizedView; dismiss(text: string): void };

type Begun = { view: AuthorizedView; kind: ViewKind; ended(): void };
type Glance = { view: AuthorizedView; begun: Promise<Begun>; expiry: NodeJS.Timeout };

/** A wall asks every 2 s; whoever has not asked for so long has left it. */
const glanceMs = 10_000;
const pictureMs = 1_000;

const sentences = {
  nothing: 'There is nothing to be seen of this session.',
  lost: 'What is on the screen cannot be shown any more. The session itself goes on. Try again in a moment.',
  unwritten: 'It could not be written down that you watch, so there is nothing to see. Try again in a moment.',
} as const;

/** Everybody who looks at one session. None of them holds it back, and no look is without its evidence. */
export class Viewers {
  readonly #host: ViewersHost;
  readonly #viewers = new Set<Viewer>();
  readonly #glances = new Map<string, Glance>();
  readonly #begun = new Set<Begun>();
  readonly #writing = new Set<Promise<unknown>>();
  #feed: ViewerFeed | undefined;
  #picture: { atMs: number; picture: Promise<ScreenPicture> } | undefined;
  #last: ServerControl | undefined;

  constructor(host: ViewersHost) {
    this.#host = host;
  }

  add(socket: WebSocket, view: AuthorizedView, times?: Partial<TerminalSocketTimes>): void {
    let begun: Begun | undefined;
    const events = {
      onWaiting: () => this.#feed?.draw(),
      onGone: () => {
        this.#viewers.delete(viewer);
        this.#feed?.remove(viewer);
        begun?.ended();
      },
    };
    const viewer = new Viewer(socket, view, events, times);
    this.#viewers.add(viewer);
    if (this.#last || !this.#host.kept()) {
      viewer.close(this.#last ?? { type: 'dismissed', text: sentences.nothing });
      return;
    }
    this.#begin(view, 'watch').then(
      (look) => {
        begun = look;
        if (viewer.isGone) look.ended();
        else this.#show(viewer);
      },
      (err) => {
        this.#host.ports.log.error('It could not be written down that somebody watches', { err });
        viewer.dismiss(sentences.unwritten);
      },
    );
  }

  /** The screen in small, for a wall of them; rejects when there is none. One look lasts for as long as they are asked for. */
  async glance(view: AuthorizedView): Promise<ScreenPicture> {
    const kept = this.#host.kept();
    if (!kept || this.#last) throw new Error(sentences.nothing);
    const key = view.actor.login.id;
    const glance = this.#glances.get(key) ?? this.#newGlance(key, view);
    glance.expiry.refresh();
    await glance.begun;
    return this.#draw(kept);
  }

  get counts(): { watch: number; wall: number } {
    return { watch: this.#viewers.size, wall: this.#glances.size };
  }

  looks(): Look[] {
    const glances = [...this.#glances].map(([key, { view }]) => ({ view, dismiss: () => this.#endGlance(key) }));
    const viewers = [...this.#viewers].map((viewer) => ({
      view: viewer.view,
      dismiss: (text: string) => viewer.dismiss(text),
    }));
    return [...viewers, ...glances];
  }

  /** The host said something. */
  output(): void {
    this.#feed?.wake();
  }

  resized(size: TerminalSize): void {
    this.#feed?.resized(size);
  }

  /** Tells a browser that came back who looks, as it would know had it been there. */
  tellWho(): void {
    const names = new Set([...this.#begun].filter(({ view }) => view.isTold).map(({ view }) => view.actor.person.name));
    if (names.size > 0) this.#notice(`${[...names].join(', ')} ${names.size > 1 ? 'watch' : 'watches'} this session.`);
  }

  /** Shows them the last of it, sends all away, and resolves when that is written down. Nothing is read afterwards. */
  async stop(last: ServerControl): Promise<void> {
    this.#last ??= last;
    await this.#feed?.stop();
    this.dismissAll(last);
    while (this.#writing.size > 0) await Promise.allSettled(this.#writing);
  }

  /** At once, and for good. */
  dismissAll(last: ServerControl): void {
    this.#last = last;
    for (const viewer of this.#viewers) viewer.close(last);
    for (const key of [...this.#glances.keys()]) this.#endGlance(key);
  }

  #show(viewer: Viewer): void {
    const kept = this.#host.kept();
    if (this.#last) viewer.close(this.#last);
    else if (!kept) viewer.dismiss(sentences.nothing);
    else {
      this.#feed ??= this.#newFeed(kept);
      this.#feed.add(viewer);
    }
  }

  #newFeed(kept: KeptOutput): ViewerFeed {
    const { key, total, ports } = this.#host;
    const onLost = (err: unknown) => {
      ports.log.warn('A session cannot be shown to those who watch it', { err, sessionId: key });
      this.#feed = undefined; // Whoever comes next tries again.
      void this.#write(feed.stop());
      for (const viewer of this.#viewers) viewer.dismiss(sentences.lost);
    };
    const feed = new ViewerFeed({ key, kept, total, screens: ports.screens, onLost });
    return feed;
  }

  #newGlance(key: string, view: AuthorizedView): Glance {
    const expiry = setTimeout(() => this.#endGlance(key), glanceMs);
    const begun = this.#begin(view, 'wall');
    begun.catch(() => this.#endGlance(key));
    const glance = { view, begun, expiry };
    this.#glances.set(key, glance);
    return glance;
  }

  #endGlance(key: string): void {
    const glance = this.#glances.get(key);
    if (!glance) return;
    clearTimeout(glance.expiry);
    this.#glances.delete(key);
    glance.begun.then(
      ({ ended }) => ended(),
      () => undefined,
    );
  }

  #draw(kept: KeptOutput): Promise<ScreenPicture> {
    const { key, total, ports } = this.#host;
    const nowMs = performance.now();
    if (this.#picture && nowMs - this.#picture.atMs < pictureMs) return this.#picture.picture;
    const end = total();
    const picture = kept.flush().then(() => {
      if (this.#last) throw new Error(sentences.nothing);
      return kept.read((source) => ports.screens.picture({ key, source, end }));
    });
    this.#picture = { atMs: nowMs, picture };
    return picture;
  }

  async #begin(view: AuthorizedView, kind: ViewKind): Promise<Begun> {
    const { ports } = this.#host;
    const id = await this.#write(ports.views.began(view, kind));
    const begun: Begun = { view, kind, ended: () => this.#end(begun, id) };
    this.#begun.add(begun);
    this.#note('join', view);
    if (view.isTold) this.#notice(`${view.actor.person.name} watches this session.`);
    return begun;
  }

  #end(begun: Begun, id: SessionViewId): void {
    if (!this.#begun.delete(begun)) return;
    const { view, kind } = begun;
    const { ports } = this.#host;
    this.#note('leave', view);
    if (view.isTold) this.#notice(`${view.actor.person.name} does not watch this session any more.`);
    this.#write(ports.views.ended(view, kind, id)).catch((err) =>
      ports.log.error('It could not be written down that nobody watches any more', { err }),
    );
  }

  // Recorded with the session, so that a replay shows who saw it as well.
  #note(type: 'join' | 'leave', { actor }: AuthorizedView): void {
    const { id, name } = actor.person;
    this.#host.kept()?.event({ type, role: 'viewer', person: name, personId: id });
  }

  #notice(text: string): void {
    if (!this.#last) this.#host.tell({ type: 'notice', text });
  }

  #write<T>(work: Promise<T>): Promise<T> {
    const written = work.finally(() => this.#writing.delete(written));
    this.#writing.add(written);
    return written;
  }
}
