/** Percent-decoded UTF-8; `undefined` when an escape is broken or no UTF-8. A plus stays a plus. */
export function decoded(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A query or a form as pairs, in order and with repetitions; `undefined` when an escape is broken. */
export function parsePairs(text: string): [key: string, value: string][] | undefined {
  const pairs: [string, string][] = [];
  for (const item of text.split('&')) {
    if (item === '') continue;
    const at = item.indexOf('=');
    const key = decoded((at < 0 ? item : item.slice(0, at)).replaceAll('+', ' '));
    const value = decoded((at < 0 ? '' : item.slice(at + 1)).replaceAll('+', ' '));
    if (key === undefined || value === undefined) return undefined;
    pairs.push([key, value]);
  }
  return pairs;
}
