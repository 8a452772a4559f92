import type { RawRequest } from '../sigv4/request.ts';
import { splitTarget } from './heads.ts';
import { maxKeptCharacters } from './limits.ts';
import type { NamedCall } from './name-operation.ts';
import { parsePairs } from './percent.ts';
import { readBody } from './read-body.ts';
import { isSecretText, type Secrecy, secrecyOf } from './redaction.ts';
import { emptyObject, isObject, type Parsed, type Tree, type TreeObject } from './tree.ts';

export const redacted = '[redacted]';
const leftOut = '…';
const maxTextCharacters = 2048;
const maxItems = 200;

/** What a call says, before anything is left out: path, query, headers and body under the names of the wire. */
export type Said = {
  values: TreeObject;
  /** The body was not read, or not all of it. */
  incomplete: boolean;
  /** A name came twice in the body, so that AWS may read another value than we do. */
  repeated: boolean;
};

/** What a log may keep. `cut` says that there was more. */
export type Parameters = { values: TreeObject; cut: boolean };

/**
 * All that a named call says. `body` is the whole body without its content encoding; `undefined` when there is none that was read,
 * and then `hasBody` tells whether there is one.
 */
export function readCall(
  call: NamedCall,
  request: RawRequest,
  body: Buffer | undefined,
  hasBody = body !== undefined,
): Said {
  const read: Parsed | undefined = body && !call.content ? readBody(call, request, body) : undefined;
  const values = emptyObject();
  const query = parsePairs(splitTarget(request.target).query) ?? [];
  for (const [name, value] of Object.entries(call.variables)) values[name] = value;
  for (const [name, value] of [...query, ...headersOf(request)]) add(values, name, value);
  if (read && isObject(read.tree)) for (const [name, value] of Object.entries(read.tree)) add(values, name, value);
  else if (read) values.body = read.tree;
  if (call.protocol === 'query' || call.protocol === 'ec2')
    for (const name of ['Action', 'Version']) delete values[name];
  return { values, incomplete: hasBody && !call.content && !read, repeated: read?.repeated ?? false };
}

// What is said in two places is kept as a list: who looks for what is allowed must look at both.
function add(values: TreeObject, name: string, value: Tree): void {
  const there = values[name];
  values[name] = there === undefined ? value : [there, value].flat(1);
}

// What steers the transport or the signature says nothing about the call.
const ofTransport =
  /^x-amz-(date|content-sha256|security-token|user-agent|decoded-content-length|trailer|sdk-.*|checksum-.*|target)$|^x-amzn-trace-id$/;

function headersOf({ headers }: RawRequest): (readonly [string, string])[] {
  return headers
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => /^x-amzn?-/.test(name) && !ofTransport.test(name));
}

/** What of it may be kept: secrets replaced, long texts and lists cut, all of it within 64 Ki characters. */
export function keepParameters(call: NamedCall, { values, incomplete }: Said): Parameters {
  if (call.operation === undefined) return { values: emptyObject(), cut: Object.keys(values).length > 0 };
  const keeper = new Keeper(secrecyOf(call));
  const kept = keeper.object(values);
  return { values: kept, cut: keeper.cut || incomplete };
}

class Keeper {
  cut = false;
  #room = maxKeptCharacters;
  readonly #isSecret: Secrecy;

  constructor(isSecret: Secrecy) {
    this.#isSecret = isSecret;
  }

  object(object: TreeObject): TreeObject {
    const kept = emptyObject();
    for (const [name, value] of Object.entries(object)) {
      const short = this.#text(name, 256);
      if (!this.#spend(short.length + 4)) break;
      kept[short] = this.#isSecret(name, value, object) ? redacted : this.#value(value);
    }
    return kept;
  }

  #value(value: Tree): Tree {
    if (typeof value === 'string')
      return this.#kept(isSecretText(value) ? redacted : this.#text(value, maxTextCharacters));
    if (Array.isArray(value)) return this.#list(value);
    if (isObject(value)) return this.object(value);
    return this.#kept(value);
  }

  #list(items: readonly Tree[]): Tree {
    const kept: Tree[] = [];
    for (const item of items.slice(0, maxItems)) {
      if (this.#room <= 0) break;
      kept.push(this.#value(item));
    }
    if (kept.length < items.length) this.cut = true;
    return kept;
  }

  #kept<T extends Tree>(value: T): T | string {
    return this.#spend(String(value).length + 2) ? value : leftOut;
  }

  #text(text: string, longest: number): string {
    if (text.length <= longest) return text;
    this.cut = true;
    return `${text.slice(0, longest)}${leftOut}`;
  }

  #spend(characters: number): boolean {
    this.#room -= characters;
    if (this.#room < 0) this.cut = true;
    return this.#room >= 0;
  }
}
