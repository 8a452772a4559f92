import { maxClientFrameBytes } from '#server/protocol/terminal-frames.ts';

// A frame is its type byte and a body.
export const maxBodyBytes = maxClientFrameBytes - 1;

const startMark = '\x1b[200~';
const endMark = '\x1b[201~';

// C0 but tab, newline and return; DEL; C1. Without ESC and CSI (0x9b) no text can end the brackets it is pasted in,
// however it is put together, and none can act as a key that the person did not press.
// biome-ignore lint/suspicious/noControlCharactersInRegex: the control characters are what is looked for
const controls = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

/** Text as the host gets it: line ends as the return key sends them, no other control characters, brackets if the program asked. */
export function pasteBytes(text: string, bracketed: boolean): Uint8Array {
  const clean = text
    .replaceAll(endMark, '')
    .replace(controls, '')
    .replace(/\r\n|\n/g, '\r');
  return new TextEncoder().encode(bracketed ? startMark + clean + endMark : clean);
}

/** More than one line: the host would run the first before the person has seen the second. */
export function isMultiLine(text: string): boolean {
  return /[\r\n]/.test(text.replace(/(\r\n|\r|\n)$/, '')) || (/[\r\n]$/.test(text) && text.trim() !== '');
}

export function* inChunks(bytes: Uint8Array, maxBytes: number): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += maxBytes) yield bytes.subarray(start, start + maxBytes);
}

/** What a multi-line paste looks like before it is sent: its first lines and how much more there is. */
export function previewOf(text: string, maxLines = 8): { lines: string[]; total: number } {
  const lines = text.replace(/(\r\n|\r|\n)$/, '').split(/\r\n|\r|\n/);
  return { lines: lines.slice(0, maxLines).map((line) => line.slice(0, 200)), total: lines.length };
}
