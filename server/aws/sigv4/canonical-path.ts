import { escaped } from './target.ts';

const asOnTheWire = new Set(['s3', 's3-object-lambda', 's3express', 's3-outposts']);

/** Whether a signing name belongs to Amazon S3, whose keys may hold dots and slashes and are escaped once only. */
export function isS3Family(service: string): boolean {
  return asOnTheWire.has(service);
}

/** The path as it is signed: for the S3 family as on the wire, for all others normalised and escaped a second time. */
export function canonicalPath(path: string, service: string): string {
  if (isS3Family(service)) return path;
  return normalPath(path).split('/').map(escaped).join('/');
}

/** A path without dot segments and empty ones: what every service but the S3 family understands by it. */
export function normalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') segments.pop();
    else segments.push(segment);
  }
  const end = segments.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${segments.join('/')}${end}`;
}
