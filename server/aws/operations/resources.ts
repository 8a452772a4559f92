import type { NamedCall } from './name-operation.ts';
import type { Said } from './parameters.ts';
import { decoded } from './percent.ts';
import { isObject, type Tree, type TreeObject } from './tree.ts';

/** What a call is about, as patterns name it: a bucket with its key, a table, a function, an instance, an ARN. */
export type Resources = {
  /** Every thing that the call names, each once. */
  named: readonly string[];
  /** False where the call may be about more than that: it was not read whole, says a thing twice, or chooses by a query of its own. */
  whole: boolean;
};

const maxResources = 1000;
const maxResourceCharacters = 2048;

/** What a named call is about. A call without a name is about anything. */
export function resourcesOf(call: NamedCall, said: Said): Resources {
  if (call.operation === undefined) return { named: [], whole: false };
  const found = call.protocol === 's3' ? ofS3(call, said.values) : ofParameters(call, said.values);
  const named = [...new Set(found)].map((text) => text.slice(0, maxResourceCharacters));
  const isCut = named.length > maxResources || found.some((text) => text.length > maxResourceCharacters);
  return {
    named: named.slice(0, maxResources),
    whole: !said.incomplete && !said.repeated && !isCut && !choosesByItself(call, said.values),
  };
}

function ofS3({ variables, operation }: NamedCall, values: TreeObject): string[] {
  const { Bucket: bucket, Key: key } = variables;
  if (bucket === undefined) return [];
  const sources = texts(values['x-amz-copy-source']).map(sourceOf);
  if (operation === 'DeleteObjects') return keysIn(values.Object).map((name) => `${bucket}/${name}`);
  return [key === undefined ? bucket : `${bucket}/${key}`, ...sources];
}

// `/bucket/key?versionId=…`, escaped or not, with or without the slash.
function sourceOf(header: string): string {
  const path = header.replace(/\?versionId=[^?]*$/, '');
  return (decoded(path) ?? path).replace(/^\//, '');
}

function keysIn(objects: Tree | undefined): string[] {
  return [objects ?? []].flat(1).flatMap((object) => (isObject(object) ? texts(object.Key) : []));
}

// Members at the top that name a thing, and what of those does not: tokens, sessions, accounts, what steers an answer.
const namesAThing = /(arns?|ids?|identifiers?|names?|urls?)$|^(target|resources?)$/i;
const namesNothing =
  /token|session|request|account|marker|attribute|owner|externalid|valid|hostedzoneidmarker|expression|^x-amz/i;

// Where a thing is named deeper, or by the name of a member.
const deepMembers: Readonly<Record<string, readonly string[]>> = {
  dynamodb: ['tablename', 'tablearn'],
  'resource-groups': ['resourcearns'],
  tagging: ['resourcearnlist'],
};
const keyedMembers: Readonly<Record<string, readonly string[]>> = { dynamodb: ['requestitems'] };

function ofParameters({ service, variables }: NamedCall, values: TreeObject): string[] {
  const deep = deepMembers[service] ?? [];
  const keyed = keyedMembers[service] ?? [];
  const found = Object.values(variables);
  for (const [name, value] of Object.entries(values)) {
    const plain = name.toLowerCase();
    if (namesAThing.test(name) && !namesNothing.test(name)) found.push(...texts(value));
    if (keyed.includes(plain) && isObject(value)) found.push(...Object.keys(value));
    if (deep.length > 0) found.push(...deepTexts(value, deep));
  }
  return found;
}

function deepTexts(tree: Tree, members: readonly string[]): string[] {
  if (Array.isArray(tree)) return tree.flatMap((item) => deepTexts(item, members));
  if (!isObject(tree)) return [];
  return Object.entries(tree).flatMap(([name, value]) =>
    members.includes(name.toLowerCase()) ? texts(value) : deepTexts(value, members),
  );
}

function texts(tree: Tree | undefined): string[] {
  if (typeof tree === 'string') return tree === '' ? [] : [tree];
  return Array.isArray(tree) ? tree.flatMap(texts) : [];
}

// Statements of PartiQL name their tables in a language; targets of Systems Manager are found by tags.
function choosesByItself({ service, operation = '' }: NamedCall, values: TreeObject): boolean {
  if (service === 'dynamodb') return /Statement|ExecuteTransaction/.test(operation);
  return service === 'ssm' && values.Targets !== undefined;
}
