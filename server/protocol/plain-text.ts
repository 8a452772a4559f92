/** `text` on one line that steers no terminal and turns no reading direction: what does not print becomes U+FFFD. */
export function plainText(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
}

/** `value` as one line of JSON that steers nothing either, and still parses to the very same value. */
export function jsonLine(value: unknown): string {
  return escaped(JSON.stringify(value));
}

/** The same over several lines, for people. */
export function jsonLines(value: unknown): string {
  return JSON.stringify(value, null, 2).split('\n').map(escaped).join('\n');
}

function escaped(json: string): string {
  return json.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, index) => unitOf(character, index)).join(''),
  );
}

function unitOf(character: string, index: number): string {
  return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
}
