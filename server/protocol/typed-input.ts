/**
 * What a terminal says by itself, and what a mouse or a focus says: answers to questions of the host (where the cursor
 * is, what the terminal can do), reports of the mouse, focus in and out. A host could ask for them all day long.
 */
const reports =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are sequences of a terminal
  /\x1b\[M[\s\S]{3}|\x1b\[<[\d;]*[Mm]|\x1b\[[\d;]*M|\x1b\[[IO]|\x1b\[[?>=]?[\d;]*[Rcnyt]|\x1b\[\??[\d;]*\$y|\x1b[P\]_^][\s\S]*?(?:\x07|\x1b\\)/g;

/** Whether a frame of input has anything that a person typed. Modified F3 reads like a report, and counts as one. */
export function isTyped(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x1b) return bytes.length > 0;
  if (bytes.length === 1) return true; // the Escape key
  return new TextDecoder('latin1').decode(bytes).replace(reports, '').length > 0;
}
