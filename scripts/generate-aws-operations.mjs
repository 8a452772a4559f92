#!/usr/bin/env node
// `npm run generate:aws`: writes what the AWS proxy knows of AWS from the official API models: how a request names its operation, which
// members are sensitive, which hosts belong to which service. The models are fetched by npm into a temporary folder and are no dependency.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

// The last release that carries every model in one package. Its digest is pinned, so the same files come out wherever this runs.
const source = { name: 'aws-sdk', version: '2.1693.0', licence: 'Apache-2.0' };
const integrity = 'sha512-cJmb8xEnVLT+R6fBS5sn/EFJiX7tUnDaPtOPZ1vFbOJtd0fnZn/Ky2XGgsvvoeliWeH7mL3TWSX5zXXGSQV6gQ==';
// What came after that release and must not be taken for something unknown, because its answers carry credentials.
const later = {
  'datazone-2018-05-10': { GetConnection: 'GET /v2/domains/{domainIdentifier}/connections/{identifier}' },
  'lakeformation-2017-03-31': { GetTemporaryDataLocationCredentials: 'POST /GetTemporaryDataLocationCredentials' },
  'ssm-2014-11-06': { GetAccessToken: undefined },
  'sts-2011-06-15': { AssumeRoot: undefined, GetDelegatedAccessToken: undefined, GetWebIdentityToken: undefined },
};
const home = path.resolve(import.meta.dirname, '..');

if (import.meta.filename === path.resolve(process.argv[1] ?? '')) {
  const folder = mkdtempSync(path.join(tmpdir(), 'aws-models-'));
  try {
    for (const [file, text] of Object.entries(generate(fetchModels(folder)))) {
      writeFileSync(path.join(home, file), text);
      console.log(`${file}: ${text.length} characters`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fetchModels(folder) {
  const packed = `${source.name}@${source.version}`;
  const npm = (...args) => execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  npm('pack', packed, '--silent');
  const archive = path.join(folder, `${source.name}-${source.version}.tgz`);
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found !== integrity) throw new Error(`${packed} is not the package this was written for: ${found}`);
  execFileSync('tar', ['xzf', archive, 'package/apis'], { cwd: folder });
  const apis = path.join(folder, 'package', 'apis');
  return readdirSync(apis)
    .filter((file) => /-\d{4}-\d\d-\d\d\.min\.json$/.test(file))
    .sort()
    .map((file) =>
      withLater(file.slice(0, -'.min.json'.length), JSON.parse(readFileSync(path.join(apis, file), 'utf8'))),
    );
}

function withLater(id, model) {
  const added = Object.entries(later[id] ?? {}).map(([name, route]) => {
    const [method, requestUri] = route?.split(' ') ?? [];
    return [name, route ? { http: { method, requestUri } } : {}];
  });
  return { id, ...model, operations: { ...Object.fromEntries(added), ...model.operations } };
}

/** The generated files by path. Pure: the same models give the same text. */
export function generate(models) {
  const services = models.map(serviceOf);
  const operations = services.reduce((sum, { names, routes }) => sum + (names ? names.split(' ') : routes).length, 0);
  const about = {
    from: `${source.name} ${source.version} from npm, apis/*.min.json`,
    licence: source.licence,
    besides: `${Object.values(later).flatMap(Object.keys).length} operations written by hand in the generator`,
    services: services.length,
    operations,
    again: 'npm run generate:aws',
  };
  return {
    'server/aws/operations/operations.generated.json': written(
      about,
      'services',
      services.map((service) => line(service)),
    ),
    'server/aws/operations/sensitive.generated.json': written(about, 'services', models.flatMap(sensitiveLine), '{}'),
    'server/aws/endpoints/endpoints.generated.json': written(about, 'endpoints', endpointLines(models), '{}'),
  };
}

function line(value) {
  return JSON.stringify(value);
}

// One line for each service, so that a refresh can be read as a difference.
function written(about, key, lines, [open, close] = '[]') {
  return `{\n"about":${line(about)},\n"${key}":${open}\n${lines.join(',\n')}\n${close}\n}\n`;
}

function serviceOf({ id, metadata, operations, shapes = {} }) {
  const { endpointPrefix: endpoint, protocol, targetPrefix: target } = metadata;
  const base = { id, signing: signingOf(metadata), endpoint, protocol };
  const names = Object.keys(operations).sort();
  if (!protocol.startsWith('rest-')) return { ...base, ...(target && { target }), names: names.join(' ') };
  return { ...base, routes: names.map((name) => routeOf(name, operations[name], shapes)) };
}

function signingOf({ signingName, endpointPrefix }) {
  return signingName ?? endpointPrefix;
}

/** `METHOD uri Name`, then what must be there: `?key` of the query, `!header`; `*` where the body is content, `~` where deprecated. */
function routeOf(name, { http = {}, input = {}, deprecated }, shapes) {
  const { method = 'POST', requestUri = '/' } = http;
  const shape = resolved(input, shapes);
  const members = shape.members ?? {};
  const required = (location) =>
    (shape.required ?? [])
      .filter((member) => members[member]?.location === location)
      .map((member) => members[member].locationName ?? member);
  const literals = new URLSearchParams(requestUri.split('?')[1] ?? '');
  return [
    method,
    requestUri,
    name,
    ...required('querystring')
      .filter((key) => !literals.has(key))
      .map((key) => `?${key}`),
    ...required('header').map((key) => `!${key.toLowerCase()}`),
    ...(isContent(shape, shapes) ? ['*'] : []),
    ...(deprecated ? ['~'] : []),
  ].join(' ');
}

function isContent({ payload, members = {} }, shapes) {
  if (!payload) return false;
  const { type, streaming } = resolved(members[payload] ?? {}, shapes);
  return type === 'blob' || streaming === true || members[payload]?.streaming === true;
}

function resolved(reference, shapes) {
  return reference.shape ? { ...shapes[reference.shape], ...reference } : reference;
}

function sensitiveLine({ id, operations, shapes = {} }) {
  const entries = Object.keys(operations)
    .sort()
    .map((name) => [name, [...sensitiveNames(operations[name].input ?? {}, shapes)].sort().join(' ')])
    .filter(([, names]) => names !== '');
  return entries.length > 0 ? [`${line(id)}:${line(Object.fromEntries(entries))}`] : [];
}

/** The names, as members and as written on the wire, of everything in an input that the model calls sensitive. */
function sensitiveNames(input, shapes) {
  const found = new Set();
  const seen = new Set();
  const walk = (reference, owners) => {
    const shape = resolved(reference, shapes);
    if (shape.sensitive) for (const owner of owners) found.add(owner);
    const visit = `${reference.shape} ${owners.join(' ')}`;
    if (reference.shape && seen.has(visit)) return;
    seen.add(visit);
    for (const [part, names] of partsOf(shape, owners)) walk(part, names);
  };
  walk(input, []);
  return found;
}

/** What a shape holds, each with the names it is written under: what is in a list or a map goes by the name of its member. */
function partsOf({ members = {}, member, key, value }, owners) {
  const named = Object.entries(members).map(([name, part]) => [part, [...new Set([name, part.locationName ?? name])]]);
  const held = [member, key, value]
    .filter((part) => part !== undefined)
    .map((part) => [part, part.locationName ? [...owners, part.locationName] : owners]);
  return [...named, ...held];
}

function endpointLines(models) {
  const endpoints = new Map();
  for (const { metadata, operations } of models) {
    const { endpointPrefix } = metadata;
    const entry = endpoints.get(endpointPrefix) ?? { signing: new Set(), prefixes: new Set() };
    entry.signing.add(signingOf(metadata));
    for (const { endpoint } of Object.values(operations)) {
      // A prefix that the caller fills in, such as an account, is a form of its own.
      if (endpoint?.hostPrefix && !endpoint.hostPrefix.includes('{')) entry.prefixes.add(endpoint.hostPrefix);
    }
    endpoints.set(endpointPrefix, entry);
  }
  return [...endpoints]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([prefix, { signing, prefixes }]) => {
      const value = { signing: [...signing].sort(), ...(prefixes.size > 0 && { prefixes: [...prefixes].sort() }) };
      return `${line(prefix)}:${line(value)}`;
    });
}
