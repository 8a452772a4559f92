import { maxDepth, maxParts } from './limits.ts';
import { emptyObject, type Parsed, type Tree, Unreadable } from './tree.ts';

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const words: readonly (readonly [string, Tree])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/**
 * Reads JSON and notices what `JSON.parse` hides: a name that comes twice, of which services may take the first where we would take
 * the last. `undefined` when it is no JSON, too deep or too much. The last value of a repeated name is in the tree.
 */
export function readJson(text: string): Parsed | undefined {
  const reader = new JsonReader(text);
  try {
    return { tree: reader.whole(), repeated: reader.repeated };
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

class JsonReader {
  repeated = false;
  #at = 0;
  #parts = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Tree {
    const tree = this.#value(0);
    this.#blanks();
    if (this.#at !== this.#text.length) throw new Unreadable();
    return tree;
  }

  #value(depth: number): Tree {
    this.#parts += 1;
    if (depth > maxDepth || this.#parts > maxParts) throw new Unreadable();
    this.#blanks();
    const first = this.#text[this.#at];
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#array(depth);
    if (first === '"') return this.#string();
    const word = words.find(([name]) => this.#text.startsWith(name, this.#at));
    if (!word) return Number(this.#match(number));
    this.#at += word[0].length;
    return word[1];
  }

  #object(depth: number): Tree {
    const object = emptyObject();
    this.#list('{', '}', () => {
      this.#blanks();
      const name = this.#string();
      this.#expect(':');
      if (name in object) this.repeated = true;
      object[name] = this.#value(depth + 1);
    });
    return object;
  }

  #array(depth: number): Tree {
    const items: Tree[] = [];
    this.#list('[', ']', () => items.push(this.#value(depth + 1)));
    return items;
  }

  #list(open: string, close: string, item: () => void): void {
    this.#expect(open);
    this.#blanks();
    if (this.#text[this.#at] !== close) {
      item();
      for (this.#blanks(); this.#text[this.#at] === ','; this.#blanks()) {
        this.#at += 1;
        item();
      }
    }
    this.#expect(close);
  }

  /** To the next quote that no backslash escapes; what is between is judged by `JSON.parse`. */
  #string(): string {
    const from = this.#at;
    if (this.#text[from] !== '"') throw new Unreadable();
    let to = from + 1;
    for (; this.#text[to] !== '"'; to += this.#text[to] === '\\' ? 2 : 1) {
      if (to >= this.#text.length) throw new Unreadable();
    }
    this.#at = to + 1;
    try {
      return JSON.parse(this.#text.slice(from, this.#at));
    } catch {
      throw new Unreadable();
    }
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found === undefined) throw new Unreadable();
    this.#at += found.length;
    return found;
  }

  #expect(character: string): void {
    this.#blanks();
    if (this.#text[this.#at] !== character) throw new Unreadable();
    this.#at += 1;
  }

  #blanks(): void {
    while (isBlank(this.#text.charCodeAt(this.#at))) this.#at += 1;
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
