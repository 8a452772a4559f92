import type { RecordingSource } from '../recording/port.ts';
import type { Screens } from '../recording/screens.ts';
import { type KeptOutput, readOutput } from './kept-output.ts';

/** What a browser is to be sent so that it shows a session as it is: a screen, and the output after it. */
export type CurrentScreen = {
  /** Empty: what it shows already goes on. */
  screen: Uint8Array;
  /** Offset of the first byte of `rest`. */
  from: number;
  rest: Buffer;
};

export type ScreenWish = {
  /** Names the session to whoever makes screens. */
  key: string;
  kept: KeptOutput;
  screens: Screens;
  /** Bytes of output so far. */
  total(): number;
  /** Little more comes from the host afterwards: what was on its way, and after its end all that is left. */
  hold(): void;
  /** Output that the browser has parsed and still shows, at the same size; `null` for none. */
  parsedBytes: number | null;
};

/** More than this is quicker shown than told. */
const mostCaughtUp = 1024 * 1024;

/**
 * The screen of a session, with nothing missing or twice between it and what comes next: the host is held back from when
 * the last of it is read, and the caller lets it go on. Rejects when it cannot be made; then it is held back as well.
 */
export async function currentScreen(wish: ScreenWish): Promise<CurrentScreen> {
  const { key, kept, screens, total, hold, parsedBytes } = wish;
  const mayGoOn = parsedBytes !== null && parsedBytes <= total() && total() - parsedBytes <= mostCaughtUp;
  if (mayGoOn) {
    hold();
    return kept.read((source) => withRest(wish, source, { screen: new Uint8Array(0), from: parsedBytes }));
  }
  // Most of it is read while the host goes on.
  await upToNow(wish, (order) => screens.follow({ key, ...order }));
  hold();
  return upToNow(wish, async (order) => {
    const { restore, offset } = await screens.snapshot({ key, ...order });
    return withRest(wish, order.source, { screen: restore, from: offset });
  });
}

type Order = { source: RecordingSource; end: number };

async function upToNow<T>({ kept, total }: ScreenWish, work: (order: Order) => Promise<T>): Promise<T> {
  const end = total(); // Before the rest is written: only that is in the files afterwards.
  await kept.flush();
  return kept.read((source) => work({ source, end }));
}

/** All output after that, also what came while it was read. */
async function withRest(
  { kept, total }: ScreenWish,
  source: RecordingSource,
  { screen, from }: Omit<CurrentScreen, 'rest'>,
): Promise<CurrentScreen> {
  for (;;) {
    const to = total();
    await kept.flush();
    const rest = await readOutput(source, from, to);
    if (total() === to) return { screen, from, rest };
  }
}
