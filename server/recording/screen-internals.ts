import type { IBuffer, IBufferCell, Terminal } from '@xterm/headless';

/**
 * What xterm keeps inside and its public interface does not show, as far as a screen needs it to be restored. The package
 * is pinned exactly; `screen-model.test.ts` notices when one of these names means something else.
 */
export type ScreenInternals = {
  readonly buffers: { readonly normal: InnerBuffer; readonly alt: InnerBuffer; readonly active: InnerBuffer };
  readonly coreService: {
    readonly isCursorHidden: boolean;
    readonly modes: { readonly insertMode: boolean };
    readonly decPrivateModes: {
      readonly applicationKeypad: boolean;
      readonly wraparound: boolean;
      readonly cursorStyle?: 'block' | 'underline' | 'bar';
      readonly cursorBlink?: boolean;
    };
  };
  readonly coreMouseService: { readonly activeProtocol: MouseProtocol; readonly activeEncoding: MouseEncoding };
  readonly _charsetService: {
    readonly charset: Charset;
    readonly glevel: number;
    readonly _charsets: readonly Charset[];
  };
  readonly _bufferService: { scroll(eraseAttributes: unknown, isWrapped?: boolean): void };
  readonly _inputHandler: {
    /** At once, where `write` waits its turn. */
    parse(data: string | Uint8Array): void;
    /** Called for everything that is written to a screen, code points from `start` to before `end`. */
    print(data: Uint32Array, start: number, end: number): void;
    readonly _curAttrData: Attributes;
    /** Not 0: the last thing was a character, which REP would repeat. */
    readonly _parser: { readonly precedingJoinState: number };
  };
  readonly _oscLinkService: { getLinkData(linkId: number): { id?: string; uri: string } | undefined };
};

export type MouseProtocol = 'NONE' | 'X10' | 'VT200' | 'DRAG' | 'ANY';
export type MouseEncoding = 'DEFAULT' | 'SGR' | 'SGR_PIXELS';
/** A table of replacements, the same object for every terminal; `undefined` is US ASCII. */
export type Charset = object | undefined;

/** Colours, flags and what goes beyond them, packed as xterm does (its `Constants.ts`). */
export type Attributes = {
  readonly fg: number;
  readonly bg: number;
  readonly extended: { readonly ext: number; readonly underlineStyle: number; readonly urlId: number };
};

export type InnerBuffer = {
  readonly x: number;
  readonly y: number;
  readonly ybase: number;
  readonly scrollTop: number;
  readonly scrollBottom: number;
  readonly savedX: number;
  readonly savedY: number;
  readonly savedCurAttrData: Attributes;
  readonly savedCharset: Charset;
  readonly tabs: Readonly<Record<number, boolean | undefined>>;
};

/** A cell with its attributes: what `getCell` fills is xterm's own class, which has them. */
export type ScreenCell = IBufferCell & Attributes;

export function internalsOf(terminal: Terminal): ScreenInternals {
  return (terminal as Terminal & { _core: ScreenInternals })._core;
}

export function emptyCell(buffer: IBuffer): ScreenCell {
  return buffer.getNullCell() as ScreenCell;
}
