import { decoded } from './percent.ts';
import { withoutLast } from './route.ts';

/** Where an S3 bucket is named by the host, it stands in front of the path. */
export type Place = { endpoint?: string; bucket?: string };

/**
 * The ways in which a service could read a raw path, as raw segments: as written, with dots and double slashes taken away, with
 * escaped slashes as slashes. They are one in requests that clients write; where they differ in meaning, a request is ambiguous.
 */
export function readingsOf(path: string): string[][] {
  if (!/%|\/\/|\/\./.test(path)) return [withoutLast(segmentsOf(path))];
  const plain = decoded(path);
  if (plain === undefined) return [];
  // Decoded text is escaped again, so that it is read as segments are, and only its slashes are new.
  const unescaped = plain.split('/').map(encodeURIComponent).join('/');
  const readings = [path, unescaped].flatMap((text) => [segmentsOf(text), withoutDots(segmentsOf(text))]);
  return distinct(readings.map(withoutLast));
}

/** The one way in which S3 reads a path, bucket first; `undefined` where a bucket or a key could be read as another one. */
export function readingOfS3(path: string, bucket: string | undefined): string[] | undefined {
  const segments = segmentsOf(path);
  const [first = '', ...key] = bucket === undefined ? segments : [bucket, ...segments];
  const name = decoded(first);
  const plainKey = decoded(key.join('/'));
  if (name === undefined || plainKey === undefined || /[/%?#\\]|^\.*$/.test(name))
    return first === '' && key.length === 0 ? [] : undefined;
  if (leavesItsBucket(plainKey)) return undefined;
  return key.join('/') === '' ? [first] : [first, ...key];
}

function segmentsOf(path: string): string[] {
  return path.replace(/^\//, '').split('/');
}

function withoutDots(segments: readonly string[]): string[] {
  const kept: string[] = [];
  for (const segment of segments) {
    const plain = decoded(segment);
    if (plain === '..') kept.pop();
    else if (plain !== '.' && plain !== '') kept.push(segment);
  }
  return kept;
}

function leavesItsBucket(key: string): boolean {
  let depth = 0;
  for (const segment of key.split('/')) {
    if (segment === '..') depth -= 1;
    else if (segment !== '.' && segment !== '') depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

function distinct(readings: readonly string[][]): string[][] {
  return [...new Map(readings.map((segments) => [segments.join('/'), segments])).values()];
}
