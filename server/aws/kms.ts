import type { KMSClient } from '@aws-sdk/client-kms';
import type { KmsSettings } from '../config/config.ts';
import { publishToPackages } from '../config/env.ts';
import { isGuarded } from '../config/settings.ts';
import type { KeyAnswer, KeyService } from '../vault/keyring-envelope.ts';

/** How long one attempt may take, and all three that the SDK makes, with its pauses. */
export type Patience = { connectMs: number; answerMs: number; altogetherMs: number };
const patienceOfAStart: Patience = { connectMs: 3_000, answerMs: 5_000, altogetherMs: 20_000 };

/** The key service that the configuration names; `undefined` when it names none. Nothing is asked or loaded before use. */
export function keyServiceOf(kms: KmsSettings | null, patience = patienceOfAStart): KeyService | undefined {
  if (!kms) return undefined;
  const { keyId } = kms;
  const settings = { ...kms, ...patience };
  return {
    makeDataKey: (purpose) =>
      asked(settings, async ({ sdk, client, abortSignal }) => {
        const question = { KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: { ...purpose } } as const;
        const answer = await client.send(new sdk.GenerateDataKeyCommand(question), { abortSignal });
        const { KeyId: key, Plaintext: dataKey, CiphertextBlob: wrapped } = answer;
        return key && dataKey && wrapped ? { ok: true, value: { key, dataKey, wrapped } } : incomplete;
      }),
    openDataKey: ({ wrapped, purpose, key = keyId }) =>
      asked(settings, async ({ sdk, client, abortSignal }) => {
        const question = { KeyId: key, CiphertextBlob: wrapped, EncryptionContext: { ...purpose } };
        const answer = await client.send(new sdk.DecryptCommand(question), { abortSignal });
        return answer.Plaintext ? { ok: true, value: answer.Plaintext } : incomplete;
      }),
  };
}

type Sdk = typeof import('@aws-sdk/client-kms');
type Asking = { sdk: Sdk; client: KMSClient; abortSignal: AbortSignal };

const incomplete = {
  ok: false,
  problem: 'AWS KMS answered without a key. Is KEYRING_KMS_ENDPOINT really KMS?',
} as const;

// A client for each question: one is asked in a process's life, and no connection is kept after that.
async function asked<T>(
  { region, endpoint, connectMs, answerMs, altogetherMs }: KmsSettings & Patience,
  ask: (asking: Asking) => Promise<KeyAnswer<T>>,
): Promise<KeyAnswer<T>> {
  publishToPackages({ AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }); // Its version is pinned to what runs.
  const sdk = await import('@aws-sdk/client-kms');
  const client = new sdk.KMSClient({
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: connectMs, requestTimeout: answerMs, throwOnRequestTimeout: true },
  });
  client.middlewareStack.add(
    (next) => (args) => {
      refusePlainHttp(args.request);
      return next(args);
    },
    { step: 'finalizeRequest', name: 'onlyGuardedEndpoints' },
  );
  try {
    return await ask({ sdk, client, abortSignal: AbortSignal.timeout(altogetherMs) });
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  } finally {
    client.destroy();
  }
}

class PlainHttp extends Error {
  override name = 'PlainHttp';
}

/** Where no endpoint is configured here, the SDK takes one from AWS_ENDPOINT_URL or a profile, whatever its protocol. */
function refusePlainHttp(request: unknown): void {
  const { protocol, hostname } = request as { protocol?: string; hostname?: string };
  if (!isGuarded(`${protocol}//${hostname}`)) throw new PlainHttp();
}

const noTime = `AWS KMS gave no answer in time. Check the network, or KEYRING_KMS_ENDPOINT, and start again.`;
const notReached = 'AWS KMS cannot be reached. Check the network, or KEYRING_KMS_ENDPOINT, and start again.';
const notKnown =
  'AWS does not know the credentials it was asked with. Check the access key, or the role, of this machine.';
const outOfUse = 'its KMS key is disabled or about to be deleted. Enable it again.';

const problems: Readonly<Record<string, string>> = {
  AccessDeniedException:
    'AWS KMS refuses. Allow kms:GenerateDataKey and kms:Decrypt on this key for the role of this machine.',
  NotFoundException: 'AWS KMS does not have this key. Check KEYRING_KMS_KEY and the region.',
  PlainHttp:
    'it would be asked over plain http. Check AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_KMS and the AWS profile, or set KEYRING_KMS_ENDPOINT.',
  DisabledException: outOfUse,
  KMSInvalidStateException: outOfUse,
  KeyUnavailableException: 'its KMS key is not available just now. Try again in a moment.',
  IncorrectKeyException: 'it was sealed by another key than KEYRING_KMS_KEY. Set that to the key that sealed it.',
  InvalidCiphertextException: 'AWS KMS says that its data key was altered. Restore the keyring from its own backup.',
  InvalidKeyUsageException: 'KEYRING_KMS_KEY is no key for symmetric encryption. Name one that is.',
  ThrottlingException: 'AWS KMS has too much to do just now (throttling). Try again in a moment.',
  LimitExceededException: 'AWS KMS has too much to do just now (throttling). Try again in a moment.',
  TimeoutError: noTime,
  AbortError: noTime,
  CredentialsProviderError:
    'There are no AWS credentials on this machine. Give it a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  UnrecognizedClientException: notKnown,
  InvalidClientTokenId: notKnown,
  InvalidSignatureException: notKnown,
  IncompleteSignature: notKnown,
  ExpiredTokenException: 'the AWS credentials of this machine have expired. Renew them.',
};

/** By name, because messages of AWS tell of accounts and roles; those are in its own log. */
function problemOf(error: unknown): string {
  const { name = '', code = '', message = '' } = error as { name?: string; code?: string; message?: string };
  const known = problems[name];
  if (known) return known;
  if (/^E[A-Z_]+$/.test(code) || 'errno' in (error as object)) return notReached;
  if (/region is missing/i.test(message)) return 'the region of the KMS key is not known. Set KEYRING_KMS_REGION.';
  return `AWS KMS did not do it (${name || 'unknown'}). Its log says why.`;
}
