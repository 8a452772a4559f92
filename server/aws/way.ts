import type { Route } from './dial.ts';
import type { HostMeaning } from './endpoints/host-meaning.ts';
import type { RecordEndpoint } from './ports.ts';

/** Where a call goes: to AWS, or to the record's own endpoint under one name or the other. */
export function wayTo(
  { host, bucket }: Pick<HostMeaning, 'host' | 'bucket'>,
  target: string,
  endpoint: RecordEndpoint | undefined,
): { route: Route; host: string; target: string } {
  if (!endpoint) return { route: { protocol: 'https:', host, port: 443, isOwn: false }, host, target };
  const url = new URL(endpoint.url);
  const isPlain = url.protocol === 'http:';
  const route: Route = {
    protocol: isPlain ? 'http:' : 'https:',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || (isPlain ? 80 : 443)),
    isOwn: true,
    ...(endpoint.caPem !== undefined && { caPem: endpoint.caPem }),
  };
  if (endpoint.host === 'kept') return { route, host, target };
  return { route, host: url.host, target: bucket === undefined ? target : `/${bucket}${target}` };
}
