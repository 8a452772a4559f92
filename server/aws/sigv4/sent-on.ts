/** Replaced, or meant for the gateway alone. Cookies and forwarding headers tell AWS about our own network. */
const replaced = new Set([
  'authorization',
  'cookie',
  'date',
  'forwarded',
  'host',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-s3session-token',
  'x-amz-security-token',
]);

/** About one connection, not about the request. How the body is framed is said anew. */
const hopByHop = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What AWS does not look for in a signature, and what proxies behind us may change. */
const unsigned = new Set([
  'accept-encoding',
  'cache-control',
  'from',
  'max-forwards',
  'pragma',
  'referer',
  'user-agent',
  'x-amzn-trace-id',
]);

/** Whether a client's header, in lower case, goes to AWS as it is. */
export function isSentOn(name: string): boolean {
  return !replaced.has(name) && !hopByHop.has(name) && !/^(proxy-|sec-|x-forwarded-)/.test(name);
}

/** Whether the signature towards AWS covers it. The set is fixed, whatever the client signed. */
export function isSignedAgain(name: string): boolean {
  return isSentOn(name) && !unsigned.has(name);
}
