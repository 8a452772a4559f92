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
  /** Nothing more comes from the host afterwards. */
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
  const { kept, total, hold, parsedBytes } = wish;
  const mayGoOn = parsedBytes !== null && parsedBytes <= total() && total() - parsedBytes <= mostCaughtUp;
  if (mayGoOn) {
    hold();
    await kept.flush();
    return { screen: new Uint8Array(0), from: parsedBytes, rest: await readOutput(kept.source, parsedBytes, total()) };
  }
  // Most of it is read while the host goes on.
  await readAhead(wish);
  hold();
  await kept.flush();
  const { key, screens } = wish;
  const { offset, restore } = await screens.snapshot({ key, source: kept.source, end: total() });
  return { screen: restore, from: offset, rest: await readOutput(kept.source, offset, total()) };
}

async function readAhead({ key, kept, screens, total }: ScreenWish): Promise<void> {
  const end = total();
  await kept.flush();
  await screens.follow({ key, source: kept.source, end });
}
