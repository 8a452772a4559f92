import { createHmac } from 'node:crypto';
import type { Scope } from './request.ts';

export const algorithm = 'AWS4-HMAC-SHA256';

/** The key that a secret yields for one day, region and service. */
export function signingKeyOf(secret: string, { date, region, service }: Scope): Buffer {
  return [date, region, service, 'aws4_request'].reduce<Buffer>(
    (key, word) => createHmac('sha256', key).update(word).digest(),
    Buffer.from(`AWS4${secret}`),
  );
}

export function scopeText({ date, region, service }: Scope): string {
  return `${date}/${region}/${service}/aws4_request`;
}

/** The signature of a request; `time` as in `x-amz-date`. */
export function signatureOf(key: Buffer, time: string, scope: Scope, canonicalHash: string): Buffer {
  return createHmac('sha256', key)
    .update(`${algorithm}\n${time}\n${scopeText(scope)}\n${canonicalHash}`)
    .digest();
}
