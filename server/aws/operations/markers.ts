import type { RawRequest } from '../sigv4/request.ts';
import { mediaTypeOf, splitTarget, valuesOf } from './heads.ts';
import { decoded, parsePairs } from './percent.ts';

/** An operation as a request names it itself, and how it does so. */
export type Marker = { by: 'target' | 'action' | 'cbor'; text: string };

// With these a service reads its operation from a header or the path, and the body is no form.
const notForms = /^application\/(json|x-amz-json-1\.[01]|cbor|x-amz-cbor-1\.1)$/;
const cborPath = /\/service\/([^/]+)\/operation\/([^/]+)\/?$/;

/** Whether the operation may be named in the body, so that the whole body must be read before it is known. */
export function mayBeForm({ headers }: RawRequest): boolean {
  return !notForms.test(mediaTypeOf(headers));
}

/** Every operation that a request names: two different ones make it ambiguous. `undefined` when it cannot be read. */
export function markersOf(request: RawRequest, body: Buffer | undefined): Marker[] | undefined {
  const { path, query } = splitTarget(request.target);
  const pairs = parsePairs(query);
  const plainPath = decoded(path);
  if (!pairs || plainPath === undefined) return undefined;
  const markers: Marker[] = valuesOf(request.headers, 'x-amz-target').map((target) => ({
    by: 'target',
    text: target.slice(target.lastIndexOf('.') + 1),
  }));
  const cbor = cborPath.exec(plainPath)?.[2];
  if (cbor !== undefined) markers.push({ by: 'cbor', text: cbor });
  const actions = [
    ...pairs.filter(([key]) => isAction(key)).map(([, value]) => value),
    ...(body && mayBeForm(request) ? actionsIn(body) : []),
  ];
  if (actions.includes(undefined)) return undefined;
  return [...markers, ...actions.map((text = '') => ({ by: 'action', text: text.trim() }) as const)];
}

function isAction(key: string): boolean {
  return key.trim().toLowerCase() === 'action';
}

/**
 * The values of every `Action` in a form of any size, wherever it stands; `undefined` among them for one that is broken.
 * A raw semicolon separates too, as it does for some readers: no client leaves one unescaped.
 */
function actionsIn(form: Buffer): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  for (let from = 0; from < form.length; ) {
    const to = endOfItem(form, from);
    const equals = form.subarray(from, Math.min(to, from + longestKey)).indexOf('=');
    if (equals >= 0 && isAction(decoded(form.toString('latin1', from, from + equals).replaceAll('+', ' ')) ?? '')) {
      const value = form.toString('latin1', from + equals + 1, Math.min(to, from + equals + 1 + longestValue));
      found.push(decoded(value.replaceAll('+', ' ')));
    }
    from = to + 1;
  }
  return found;
}

// `Action` with every letter escaped, and blanks around it.
const longestKey = 64;
const longestValue = 1024;

function endOfItem(form: Buffer, from: number): number {
  let at = from;
  while (at < form.length && form[at] !== 0x26 && form[at] !== 0x3b) at += 1;
  return at;
}
