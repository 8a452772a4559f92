import type { ISearchDecorationOptions } from '@xterm/addon-search';
import type { ITheme } from '@xterm/xterm';

export const monospace =
  'ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';

/** Dark whatever the portal wears: programs choose their colours for a dark terminal. */
export const darkTheme: ITheme = {
  background: '#0b0d10',
  foreground: '#dfe3e8',
  cursor: '#9db8ff',
  cursorAccent: '#0b0d10',
  selectionBackground: '#34466f',
  selectionInactiveBackground: '#2b3343',
  scrollbarSliderBackground: '#ffffff24',
  scrollbarSliderHoverBackground: '#ffffff3d',
  scrollbarSliderActiveBackground: '#ffffff52',
  black: '#2a2f37',
  red: '#f47067',
  green: '#6bc46d',
  yellow: '#d8a657',
  blue: '#6f9dff',
  magenta: '#c98bff',
  cyan: '#4fc1c9',
  white: '#c6ccd4',
  brightBlack: '#7b8592',
  brightRed: '#ff938a',
  brightGreen: '#8ddb8c',
  brightYellow: '#f0c674',
  brightBlue: '#9cbaff',
  brightMagenta: '#ddb0ff',
  brightCyan: '#76dbe1',
  brightWhite: '#f6f8fa',
};

export const findColours: ISearchDecorationOptions = {
  matchBackground: '#4d4321',
  matchOverviewRuler: '#d8a657',
  activeMatchBackground: '#d8a657',
  activeMatchColorOverviewRuler: '#f0c674',
};
