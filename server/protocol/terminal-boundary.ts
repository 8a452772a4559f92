/**
 * Finds where a terminal is between sequences and between characters, so that what it shows there can be taken and the
 * bytes after it sent on as they are. States are those of the VT500 parser (Williams) as xterm.js runs it, over UTF-8:
 * C1 controls are the characters U+0080 to U+009F, not single bytes.
 */
export type BoundaryScanner = {
  /** Reads the next bytes, cut anywhere. */
  push(bytes: Uint8Array): void;
  /** Bytes read so far. */
  readonly offset: number;
  /** The largest offset up to there at which nothing is half read. */
  readonly groundOffset: number;
};

const state = { ground: 0, escape: 1, escapeMore: 2, control: 3, osc: 4, dcs: 5, text: 6 } as const;
type State = (typeof state)[keyof typeof state];

const cancel = 0x18;
const substitute = 0x1a;
const esc = 0x1b;
const bell = 0x07;

export function createBoundaryScanner(): BoundaryScanner {
  let now: State = state.ground;
  let offset = 0;
  let groundOffset = 0;
  // Of a character in several bytes: how many are missing, and its value so far.
  let missing = 0;
  let character = 0;

  function take(byte: number): void {
    if (missing > 0 && (byte & 0xc0) === 0x80) {
      character = (character << 6) | (byte & 0x3f);
      missing -= 1;
      if (missing === 0) now = after(now, character);
      return;
    }
    missing = bytesAfter(byte);
    if (missing > 0) character = byte & (0x3f >> missing);
    else if (byte < 0x80) now = after(now, byte);
  }

  return {
    push(bytes) {
      for (const byte of bytes) {
        // By far the most bytes are printed; this keeps them cheap.
        if (now !== state.ground || missing > 0 || byte < 0x20 || byte >= 0x7f) take(byte);
        offset += 1;
        if (now === state.ground && missing === 0) groundOffset = offset;
      }
    },
    get offset() {
      return offset;
    },
    get groundOffset() {
      return groundOffset;
    },
  };
}

/** How many bytes follow a first byte of UTF-8 (RFC 3629). */
function bytesAfter(first: number): number {
  if (first < 0xc0 || first >= 0xf8) return 0;
  if (first >= 0xf0) return 3;
  return first >= 0xe0 ? 2 : 1;
}

function after(now: State, code: number): State {
  if (code === esc) return state.escape;
  if (code === cancel || code === substitute) return state.ground;
  if (code >= 0x80 && code < 0xa0) return afterC1(now, code);
  switch (now) {
    case state.escape:
      return afterEscape(code);
    case state.escapeMore:
      return code >= 0x30 && code < 0x7f ? state.ground : now;
    case state.control:
      return code >= 0x40 && code < 0x7f ? state.ground : now;
    case state.osc:
      return code === bell ? state.ground : now;
    default:
      return now; // text, and strings that only ESC \\ or ST ends
  }
}

function afterEscape(code: number): State {
  if (code < 0x20 || code === 0x7f) return state.escape;
  if (code < 0x30) return state.escapeMore;
  switch (code) {
    case 0x5b: // [
      return state.control;
    case 0x5d: // ]
      return state.osc;
    case 0x50: // P
      return state.dcs;
    case 0x58: // X, ^ and _
    case 0x5e:
    case 0x5f:
      return state.text;
    default:
      return state.ground;
  }
}

function afterC1(now: State, code: number): State {
  switch (code) {
    case 0x9b:
      return state.control;
    case 0x9d:
      return state.osc;
    case 0x90:
      return state.dcs;
    case 0x98:
    case 0x9e:
    case 0x9f:
      return state.text;
    case 0x9c:
      return state.ground;
    default:
      return now === state.ground || now === state.escape ? state.ground : now;
  }
}
