import type { NamedCall } from './name-operation.ts';
import { isObject, type Tree, type TreeObject } from './tree.ts';

/** Whether what stands under a name, in a call's parameters, must not be kept. `siblings` is what stands beside it. */
export type Secrecy = (name: string, value: Tree, siblings: TreeObject) => boolean;

// Members that hold secrets by the nature of the thing, whether the model says so or not; compared in lower case.
const secretMembers = new Set([
  'env',
  'environment',
  'environmentvariables',
  'environmentvariablesoverride',
  'envvars',
  'optionsettings',
  'plaintext',
  'secretbinary',
  'secretstring',
  'userdata',
  'authorization',
  'cookie',
]);

const secretLike =
  /passw(or)?d|passphrase|passcode|pwd|secret|token|credential|private_?-?key|api_?-?key|access_?-?key|signing_?-?key|sas_?url|presignedurl|otp$/;
// Of those, what only names a secret, steers paging, or makes a call repeatable.
const harmless =
  /^(next|continuation|pagination|page|starting|client|client_?request|idempotency|request|creation|caller|change)_?token|(arn|arns|id|ids|name|names|type|types|length|policy|age|count|status|days|version|versions|filter|required|enabled)$|^tokens?$|^secretlist/;
const names = ['key', 'name', 'parameterkey', 'parametername', 'optionname', 'settingname'];
const values = /^(parameter|option|setting|string|text)?values?$/;

/** A value that is a secret whatever its name: a private key, or a URL that is signed. */
const secretText = /-----BEGIN [A-Z ]*PRIVATE KEY-----|[?&]X-Amz-(Signature|Security-Token)=/i;

/** What is secret in the parameters of a call: by its model, by names that tell, by values that tell. */
export function secrecyOf({ model, operation }: NamedCall): Secrecy {
  const sensitive = new Set(operation === undefined ? [] : model?.sensitive(operation));
  return (name, value, siblings) => {
    const plain = name.toLowerCase();
    if (sensitive.has(plain) || secretMembers.has(plain)) return true;
    if (typeof value === 'boolean' || value === null) return false;
    if (isSecretName(plain)) return true;
    return values.test(plain) && isSecretPair(siblings);
  };
}

/** `DBPassword` is one, `NextToken` and `SecretId` are none. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase();
  return secretLike.test(plain) && !harmless.test(plain);
}

export function isSecretText(text: string): boolean {
  return secretText.test(text);
}

// `{ParameterKey: 'DBPassword', ParameterValue: …}`: the name of the value is the value of another member.
function isSecretPair(siblings: TreeObject): boolean {
  if (!isObject(siblings)) return false;
  return Object.entries(siblings).some(
    ([name, value]) =>
      names.includes(name.toLowerCase()) && typeof value === 'string' && secretLike.test(value.toLowerCase()),
  );
}
