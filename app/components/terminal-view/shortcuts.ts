/** What a key press means to us. Everything that is not one of our few shortcuts is the host's. */
export type KeyMeaning =
  /** Goes to the host; the browser's own use of it is prevented where a page can. */
  | 'host'
  /** Left to the browser, which answers with a paste event. */
  | 'paste'
  | 'copy'
  | 'find'
  /** Moves the focus out of the terminal, which keeps Tab for the host. */
  | 'leave';

export type KeyPress = Pick<KeyboardEvent, 'code' | 'key' | 'ctrlKey' | 'shiftKey' | 'altKey' | 'metaKey'>;

const withControlShift: Record<string, KeyMeaning> = { c: 'copy', v: 'paste', f: 'find', b: 'leave' };
const withCommand: Record<string, KeyMeaning> = { c: 'copy', v: 'paste', f: 'find' };

/** By the letter that is printed on the key, not its place, so that Dvorak and AZERTY get the shortcuts they know. */
export function meaningOf(press: KeyPress, isMac: boolean): KeyMeaning {
  const letter = press.key.toLowerCase();
  if (press.altKey) return 'host';
  if (isMac && press.metaKey && !press.ctrlKey && !press.shiftKey) return withCommand[letter] ?? 'host';
  if (press.metaKey) return 'host';
  if (press.ctrlKey && press.shiftKey) return withControlShift[letter] ?? 'host';
  if (press.code === 'Insert' && press.ctrlKey) return 'copy';
  if (press.code === 'Insert' && press.shiftKey) return 'paste';
  return 'host';
}
