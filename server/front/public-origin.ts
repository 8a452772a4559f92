/** PUBLIC_URL, taken apart once. Everything that needs to know where we are asks this, never a `Host` header. */
export type PublicOrigin = {
  /** `https://gateway.example`, as browsers send it in `Origin`. */
  readonly origin: string;
  readonly webSocketOrigin: string;
  /** Host and port, the port left out when it is the scheme's own. */
  readonly host: string;
  readonly hostname: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
};

const defaultPorts = { http: 80, https: 443 } as const;

/** Throws when it is not an http or https URL; the configuration has refused that before. */
export function publicOriginOf(publicUrl: string): PublicOrigin {
  const url = new URL(publicUrl);
  const scheme = url.protocol === 'https:' ? 'https' : url.protocol === 'http:' ? 'http' : undefined;
  if (!scheme) throw new TypeError(`PUBLIC_URL must begin with http:// or https://, not ${url.protocol}`);
  return {
    origin: url.origin,
    webSocketOrigin: `${scheme === 'https' ? 'wss' : 'ws'}://${url.host}`,
    host: url.host,
    hostname: url.hostname,
    port: url.port === '' ? defaultPorts[scheme] : Number(url.port),
    scheme,
  };
}

/** Whether the value of a `Host` header names us: case and the scheme's own port do not matter, anything else does. */
export function namesUs(host: string | undefined, ours: PublicOrigin): boolean {
  if (host === undefined) return false;
  const lower = host.toLowerCase();
  return lower === ours.host || lower === `${ours.hostname}:${ours.port}`;
}
