import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRoute, type Route } from './route.ts';

/** How a service's own clients write its requests. */
export type ModelProtocol = 'query' | 'ec2' | 'json' | 'rest-json' | 'rest-xml';

/** One API model: a service in one version of its API. */
export type Model = {
  /** `dynamodb-2012-08-10` */
  id: string;
  /** First label of its hosts, such as `streams.dynamodb` or `s3-control`. */
  endpoint: string;
  protocol: ModelProtocol;
  /** What stands before the dot in `X-Amz-Target`. */
  target?: string;
  /** Every operation's name, by the name in lower case. */
  names: ReadonlyMap<string, string>;
  /** By method. */
  routes: ReadonlyMap<string, readonly Route[]>;
  /** Wire names, in lower case, of what an operation's input calls sensitive. */
  sensitive(operation: string): readonly string[];
};

/** What is signed with one name, and what policies call it. */
export type SignedService = { name: string; models: readonly Model[] };

export type Operations = {
  /** The service that a scope names; `undefined` when no model is signed with that name. */
  under(signing: string): SignedService | undefined;
  /** Every name that a scope may hold. */
  signingNames(): readonly string[];
};

type WrittenModel = Pick<Model, 'id' | 'endpoint' | 'protocol' | 'target'> & {
  signing: string;
  names?: string;
  routes?: string[];
};
type WrittenSensitive = Record<string, Record<string, string>>;

// What is signed with these is S3 by another door: a policy that denies s3:DeleteObject means it there too.
const s3Family = ['s3-object-lambda', 's3-outposts', 's3express'];

// Where the name that is signed is not the one that AWS's own policies use.
const policyNames: Readonly<Record<string, string>> = {
  awsssoportal: 'sso',
  iotsecuredtunneling: 'iot',
  monitoring: 'cloudwatch',
};

/** What policies and logs call the service that is signed as `signing`. */
export function policyServiceOf(signing: string): string {
  const name = signing.toLowerCase();
  return s3Family.includes(name) ? 's3' : (policyNames[name] ?? name);
}

/** Reads the generated tables once, when first asked. `root` is the folder of the program. */
export function lazyOperations(root: string): () => Promise<Operations> {
  let reading: Promise<Operations> | undefined;
  return () => {
    reading ??= loadOperations(root);
    return reading;
  };
}

async function loadOperations(root: string): Promise<Operations> {
  const read = async (kind: string) =>
    JSON.parse(await readFile(join(root, 'server', 'aws', 'operations', `${kind}.generated.json`), 'utf8'));
  const [operations, sensitive]: [{ services: WrittenModel[] }, { services: WrittenSensitive }] = await Promise.all([
    read('operations'),
    read('sensitive'),
  ]);
  return operationsOf(operations.services, sensitive.services);
}

function operationsOf(written: readonly WrittenModel[], sensitive: WrittenSensitive): Operations {
  const bySigning = new Map<string, WrittenModel[]>();
  for (const model of written) {
    const name = model.signing.toLowerCase();
    bySigning.set(name, [...(bySigning.get(name) ?? []), model]);
  }
  const known = new Map<string, SignedService>();
  return {
    signingNames: () => [...new Set([...bySigning.keys(), ...s3Family])],
    under(signing) {
      const name = signing.toLowerCase();
      const models = [...(bySigning.get(name) ?? []), ...(s3Family.includes(name) ? (bySigning.get('s3') ?? []) : [])];
      if (models.length === 0) return undefined;
      const service = known.get(name) ?? {
        name: policyServiceOf(name),
        models: models.map((model) => modelOf(withoutItsTwin(model, name), sensitive[model.id] ?? {})),
      };
      known.set(name, service);
      return service;
    },
  };
}

// `GET /` lists buckets of the one kind or of the other, and only the signature tells which.
function withoutItsTwin(model: WrittenModel, signing: string): WrittenModel {
  if (model.endpoint !== 's3') return model;
  const twin = signing === 's3express' ? 'ListBuckets' : 'ListDirectoryBuckets';
  return { ...model, routes: (model.routes ?? []).filter((row) => row.split(' ')[2] !== twin) };
}

function modelOf(
  { id, endpoint, protocol, target, names, routes }: WrittenModel,
  sensitive: Record<string, string>,
): Model {
  const parsed = (routes ?? []).map(parseRoute);
  const all = names?.split(' ') ?? parsed.map(({ name }) => name);
  return {
    id,
    endpoint,
    protocol,
    ...(target !== undefined && { target }),
    names: new Map(all.map((name) => [name.toLowerCase(), name])),
    routes: byMethod(parsed),
    sensitive: (operation) =>
      (Object.hasOwn(sensitive, operation) ? (sensitive[operation] ?? '') : '')
        .toLowerCase()
        .split(' ')
        .filter(Boolean),
  };
}

function byMethod(routes: readonly Route[]): Map<string, Route[]> {
  const sorted = new Map<string, Route[]>();
  for (const route of routes) sorted.set(route.method, [...(sorted.get(route.method) ?? []), route]);
  return sorted;
}
