import { notify } from '../../db/notify.ts';
import { updateAwsRecord } from '../../db/queries/aws-records.ts';
import { findReferringTo } from '../../db/queries/credentials.ts';
import type { Actor, Context } from '../context.ts';
import type { TargetRules } from '../decide/target.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { readCaPem, readEndpointUrl } from './aws-endpoint.ts';
import type { SetAwsEndpointInput } from './aws-record-input.ts';
import { awsKeys, lockRecord, replaceKeys, unchecked } from './aws-records.ts';
import { credentialReferredTo, wrongField } from './credential-refusals.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

/**
 * Lets the calls of a record go to an endpoint of one's own, or to AWS again. The keys are entered anew with it and
 * replace those that were sealed, so that nobody sends keys that they do not know where they can read them.
 */
export async function setAwsEndpoint(
  ctx: Context,
  actor: Actor,
  input: SetAwsEndpointInput,
  rules: TargetRules,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const url = input.endpointUrl === '' ? ok(null) : readEndpointUrl(input.endpointUrl, rules);
  if (!url.ok) return url;
  const ca = readCaPem(input.endpointCaPem);
  if (!ca.ok) return ca;
  const endpointUrl = url.value;
  if (ca.value && !endpointUrl?.startsWith('https:')) {
    return wrongField('endpointCaPem', 'A certificate belongs to an https endpoint. Leave this empty.');
  }
  const { credentialId, accessKeyId } = input;
  return ctx.audit.transact(async (tx, record) => {
    const locked = await lockRecord(tx, credentialId);
    if (!locked) return refuse('not_found');
    const { credential, row } = locked;
    if (row.reference) {
      return wrongField('endpointUrl', `The keys of "${row.reference.name}" are used, and they are for AWS.`);
    }
    const referring = await findReferringTo(tx, credentialId);
    if (referring.count > 0) return credentialReferredTo(referring, 'endpointUrl');
    await replaceKeys(tx, ctx, {
      actor,
      credential,
      accessKeyId,
      keys: awsKeys(input.secretAccessKey, input.sessionToken),
    });
    const endpointHost = endpointUrl ? input.endpointHost : 'kept';
    await updateAwsRecord(tx, credentialId, { endpointUrl, endpointHost, endpointCaPem: ca.value, ...unchecked });
    const subject = { credentialId, from: row.endpointUrl, to: endpointUrl };
    record({ kind: 'aws_record.endpoint_changed', actorId: actor.person.id, subject });
    await notify(tx, 'access_changed', {});
    return ok(undefined);
  });
}
