import { parseHost } from './endpoints/authority.ts';
import type { Endpoints } from './endpoints/endpoints.ts';
import { disagreement, type HostMeaning, meaningOf } from './endpoints/host-meaning.ts';
import { partitions } from './endpoints/partitions.ts';
import type { CallRefusal } from './errors/call-refusals.ts';
import type { NamedCall } from './operations/name-operation.ts';
import type { RawRequest, Scope } from './sigv4/request.ts';

/** The host that a connection was opened for, where the request names the same one. */
export function isForHost({ headers }: RawRequest, host: string): boolean {
  const named = headers.filter(([name]) => name.toLowerCase() === 'host').map(([, value]) => parseHost(value));
  return named.length > 0 && named.every((one) => one.ok && one.host === host);
}

export type HostFound = { ok: true; meaning: HostMeaning } | { ok: false; refusal: CallRefusal };

/** What the host of a connection means for a request that is signed for `scope`. */
export function agreed(meaning: HostMeaning, scope: Scope): HostFound {
  const what = disagreement(meaning, scope);
  return what ? { ok: false, refusal: { reason: 'host_disagrees', what } } : { ok: true, meaning };
}

// One host for all regions, whatever the request is signed for.
const global = new Set(['budgets', 'cloudfront', 'iam', 'importexport', 'organizations', 'route53', 'waf']);

/**
 * The host of a call that came to the server's own address: by its signature and its name alone, never by what it says of
 * hosts. Services whose host begins with something of the caller's cannot be called this way.
 */
export function hostOfCall(endpoints: Endpoints, call: NamedCall, scope: Scope): HostFound {
  const refusal: CallRefusal = { reason: 'endpoint_url', operation: call.name };
  const partition = partitions.find(({ region }) => region.test(scope.region));
  const endpoint = call.model?.endpoint ?? endpointSignedAs(endpoints, scope.service);
  if (!partition || endpoint === undefined || endpoint === 's3-control') return { ok: false, refusal };
  const [suffix] = partition.suffixes;
  const host = global.has(endpoint) ? `${endpoint}.${suffix}` : `${endpoint}.${scope.region}.${suffix}`;
  const meaning = meaningOf(host, endpoints);
  return meaning && !meaning.customer ? agreed(meaning, scope) : { ok: false, refusal };
}

function endpointSignedAs(endpoints: Endpoints, service: string): string | undefined {
  if (endpoints.has(service)) return service;
  const names = [...endpoints].flatMap(([name, { signing }]) => (signing.includes(service) ? [name] : []));
  return names.length === 1 ? names[0] : undefined;
}
