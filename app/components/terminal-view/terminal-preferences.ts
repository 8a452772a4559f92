/** What a person wants of every terminal, kept in their browser. */
export type TerminalPreferences = { fontSize: number; screenReaderMode: boolean };

export const fontSizes = { min: 9, max: 28, usual: 14 } as const;
const key = 'sallyport.terminal';
const usual: TerminalPreferences = { fontSize: fontSizes.usual, screenReaderMode: false };

type Store = Pick<Storage, 'getItem' | 'setItem'>;

/** Anything unreadable, out of range or forbidden by the browser is the usual. */
export function readPreferences(store: () => Store): TerminalPreferences {
  try {
    const kept: unknown = JSON.parse(store().getItem(key) ?? '{}');
    if (typeof kept !== 'object' || kept === null) return usual;
    const { fontSize, screenReaderMode } = kept as Record<string, unknown>;
    return {
      fontSize: typeof fontSize === 'number' ? withinSizes(fontSize) : usual.fontSize,
      screenReaderMode: screenReaderMode === true,
    };
  } catch {
    return usual;
  }
}

export function keepPreferences(store: () => Store, preferences: TerminalPreferences): void {
  try {
    store().setItem(key, JSON.stringify(preferences));
  } catch {
    // A browser that keeps nothing: the choice lasts as long as the page.
  }
}

export function withinSizes(fontSize: number): number {
  return Math.min(fontSizes.max, Math.max(fontSizes.min, Math.round(fontSize))) || fontSizes.usual;
}
