import type { RawRequest, Scope } from '../sigv4/request.ts';

/** A request by hand: `raw('GET', '/path', {'x-amz-target': '…'})`. A header with a list comes once for each. */
export function raw(method: string, target: string, headers: Record<string, string | string[]> = {}): RawRequest {
  return {
    method,
    target,
    headers: Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => [name, one] as const)),
  };
}

/** What is signed for a service, in Ireland. */
export function scopeOf(service: string, region = 'eu-west-1'): Scope {
  return { date: '20261120', region, service };
}
