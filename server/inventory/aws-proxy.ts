import { X509Certificate } from 'node:crypto';
import { findProxyCertificate } from '../../db/queries/aws-records.ts';
import { readSettings } from '../../db/queries/settings.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok } from '../errors.ts';

/** The certificate that programs believe the proxy by. It is no secret. */
export type ProxyCertificate = {
  pem: string;
  /** SHA-256, as `openssl x509 -fingerprint` prints it. */
  fingerprint: string;
  validUntil: Date;
};

/** `certificate`: null while the proxy has not been started for the first time. */
export type AwsProxyState = { isOn: boolean; certificate: ProxyCertificate | null };

/** What everybody may know of the AWS proxy. */
export async function readAwsProxy(ctx: Context, _actor: Actor): Promise<Outcome<AwsProxyState>> {
  const { db } = ctx.connection;
  const { awsProxy: isOn } = await readSettings(db);
  const pem = await findProxyCertificate(db);
  if (pem === undefined) return ok({ isOn, certificate: null });
  const { fingerprint256: fingerprint, validTo } = new X509Certificate(pem);
  return ok({ isOn, certificate: { pem, fingerprint, validUntil: new Date(validTo) } });
}
