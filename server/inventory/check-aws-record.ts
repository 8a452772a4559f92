import { z } from 'zod';
import { type AwsRecordRow, findAwsRecord, updateAwsRecord } from '../../db/queries/aws-records.ts';
import { findCredential, lockCredentials } from '../../db/queries/credentials.ts';
import { findSecret } from '../../db/queries/secrets.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { CredentialId, SecretId } from '../ids.ts';
import { countAttempt } from '../people/throttle.ts';
import { type AwsKeys, openAwsKeys } from '../vault/aws-keys.ts';
import { referenceIn } from '../vault/release-credential.ts';
import { idSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

/** Keys with where they are for. */
export type KeysToAskOf = {
  key: AwsKeys & { accessKeyId: string };
  record: Pick<AwsRecordRow, 'partition' | 'endpointUrl' | 'endpointHost' | 'endpointCaPem'>;
};

/** Asks whose keys these are. A port: whoever composes the program knows how to dial. */
export type AskWhoseKeys = (
  keys: KeysToAskOf,
) => Promise<{ ok: true; account: string; arn: string } | { ok: false; problem: string }>;

/** `problem` in words; `arn` names the account and the user. */
export type AwsRecordCheck = { works: true; account: string; arn: string } | { works: false; problem: string };

export const CheckAwsRecordInputSchema = z.object({ credentialId: idSchema<CredentialId>() });

/** Asks AWS, or the endpoint of a record, whose its keys are (`sts:GetCallerIdentity`), and keeps the answer. */
export async function checkAwsRecord(
  ctx: Context,
  actor: Actor,
  { credentialId }: z.output<typeof CheckAwsRecordInputSchema>,
  ask: AskWhoseKeys,
): Promise<Outcome<AwsRecordCheck>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const found = await findKeys(ctx, credentialId);
  if (!found) return refuse('not_found');
  const { record, secretOf, secretId } = found;
  const actorId = actor.person.id;
  const counted = await countAttempt(ctx, { testOf: credentialId, by: actorId });
  if (counted.blocked) return counted.blocked.refusal;
  const begun = { credentialId, ...referenceIn(credentialId, secretOf) };
  await ctx.audit.append({ kind: 'aws_record.check_begun', actorId, subject: begun });
  const keys = await openKeys(ctx, secretOf, secretId);
  if (!keys) return refuse('unavailable');
  const answer = await ask({ key: { ...keys, accessKeyId: record.accessKeyId }, record });
  const check: AwsRecordCheck = answer.ok
    ? { works: true, account: answer.account, arn: answer.arn }
    : { works: false, problem: problemInWords(answer.problem) };
  return ctx.audit.transact(async (tx, record_) => {
    const result = answer.ok ? answer.arn : answer.problem;
    record_({ kind: 'aws_record.checked', actorId, subject: { credentialId, result } });
    // Other keys were entered meanwhile: nothing was found out about those.
    const present = (await lockCredentials(tx, null, [secretOf])).get(secretOf);
    if (present?.secretId !== secretId) return ok(check);
    await updateAwsRecord(tx, credentialId, {
      checkedAt: ctx.clock.now(),
      checkedArn: check.works ? check.arn : null,
      checkProblem: check.works ? null : check.problem,
    });
    return ok(check);
  });
}

async function findKeys(ctx: Context, credentialId: CredentialId) {
  const { db } = ctx.connection;
  const credential = await findCredential(db, null, credentialId);
  const record = credential && (await findAwsRecord(db, credentialId));
  if (!credential || !record) return undefined;
  const secretOf = credential.referenceId ?? credentialId;
  const { secretId } = (await findCredential(db, null, secretOf)) ?? { secretId: null };
  return { record, secretOf, secretId };
}

async function openKeys(ctx: Context, of: CredentialId, secretId: SecretId | null): Promise<AwsKeys | undefined> {
  const sealed = await findSecret(ctx.connection.db, secretId);
  const opened = sealed && openAwsKeys(ctx.keyring, of, sealed);
  if (opened?.ok) return opened.keys;
  const code = `credential_${opened?.why ?? 'gone'}`;
  ctx.log.error('The keys of an AWS record could not be opened. Enter them again, or restore the keyring.', { code });
  return undefined;
}

const problems: Readonly<Record<string, string>> = {
  InvalidClientTokenId: 'AWS does not know this access key id, or it was switched off.',
  SignatureDoesNotMatch: 'The secret does not belong to this access key id.',
  ExpiredToken: 'The session token has expired. Enter new keys.',
  ExpiredTokenException: 'The session token has expired. Enter new keys.',
  private_address: 'The name leads to an address that may not be dialled.',
  unreadable: 'What answered is no STS: its answer cannot be read.',
  unreachable: 'Nothing answered in time.',
  ENOTFOUND: 'The name cannot be resolved from here.',
  ECONNREFUSED: 'The connection was refused.',
};

function problemInWords(code: string): string {
  return problems[code] ?? `The answer was ${code}.`;
}
