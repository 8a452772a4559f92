import type { IDisposable, ITerminalOptions, Terminal } from '@xterm/xterm';
import { type GuardedTerminal, guardTerminal } from '#server/protocol/terminal-guard.ts';
import { Disposables } from './disposables.ts';

/** Options that keep output from reaching past the screen: no window operations, no reports of them. */
export const hardenedOptions: ITerminalOptions = {
  windowOptions: {},
  allowProposedApi: true, // methods of xterm for our code (unicode, parser, decorations); nothing that output could call
  linkHandler: null,
  logLevel: 'off',
  // Text in the colour of its background is shown all the same: to whoever works, and to whoever reviews.
  minimumContrastRatio: 4.5,
};

// Icon name and window title; working directory; notifications; clipboard; more notifications; file transfer and images.
const swallowedOsc = [0, 1, 2, 7, 9, 52, 777, 1337];

/**
 * What a host writes is hostile. These sequences are swallowed: they would set the clipboard, rename the tab, speak
 * outside of the screen, or keep the tab busy for good. One function for the live terminal and for replay, so that neither is weaker.
 */
export function swallowHostileSequences(terminal: Pick<Terminal, 'parser'> & GuardedTerminal): IDisposable {
  const owned = new Disposables();
  for (const code of swallowedOsc) owned.add(terminal.parser.registerOscHandler(code, () => true));
  for (const guard of guardTerminal(terminal)) owned.add(guard);
  return owned;
}

/** The address behind a link if it may be opened at all: http and https only, without a user or password in it. */
export function openableLink(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const plain = url.username === '' && url.password === '';
  return (url.protocol === 'http:' || url.protocol === 'https:') && plain ? url : undefined;
}
