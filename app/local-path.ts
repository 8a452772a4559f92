/**
 * Where to go after sign-in: the path that was asked for if it is one of ours, else the shop. Everything that a browser
 * could read as another origin (`//host`, `/\host`, control characters, a scheme) falls back.
 */
export function localPath(next: string | null | undefined, fallback = '/'): string {
  if (!next?.startsWith('/') || next.startsWith('//') || /[\\\p{Cc}]/u.test(next)) return fallback;
  const base = 'https://sallyport.invalid';
  if (!URL.canParse(next, base)) return fallback;
  const url = new URL(next, base);
  if (url.origin !== base) return fallback;
  url.searchParams.delete('_rsc'); // Next's own mark on requests for parts of a page
  const path = `${url.pathname}${url.search}${url.hash}`;
  // `/x/..//host` only turns hostile once the dots are resolved.
  if (path.startsWith('//') || isDoor(url.pathname)) return fallback;
  return path;
}

// Back to a sign-in or set-up page would be a circle; a link into the API is nobody's page.
function isDoor(path: string): boolean {
  return /^\/(sign-in|set-up|api)(\/|$)/.test(path);
}
