import type { RawRequest, Scope } from '../sigv4/request.ts';
import { mediaTypeOf, splitTarget, valuesOf } from './heads.ts';
import { type Marker, markersOf, mayBeForm } from './markers.ts';
import { type Place, readingOfS3, readingsOf } from './paths.ts';
import { parsePairs } from './percent.ts';
import { type Match, matchRoutes, type Routable } from './route.ts';
import { type Model, type Operations, policyServiceOf, type SignedService } from './table.ts';

/** How a request is written, and therefore how an error to it must be. */
export type CallProtocol = 'query' | 'ec2' | 'json' | 'cbor' | 'rest-json' | 'rest-xml' | 's3';

export type Unsure =
  /** No model is signed with the name in the scope. */
  | 'unknown_service'
  /** The service is known, and has no such operation: perhaps a newer one. */
  | 'unknown_operation'
  /** It could be read as more than one operation. */
  | 'ambiguous'
  /** Its target or its form has broken escapes. */
  | 'unreadable';

export type NamedCall = {
  /** As policies call it: `ec2` */
  service: string;
  operation?: string;
  /** `ec2:DescribeInstances`, or `ec2:?` */
  name: string;
  unsure?: Unsure;
  /** Every name that the request could have: what denies one of them must deny the request. */
  possible: readonly string[];
  protocol: CallProtocol;
  model?: Model;
  /** What the path says, decoded, by the names of the model. */
  variables: Readonly<Record<string, string>>;
  /** The body is content, not parameters. */
  content: boolean;
};

/** `body` is the whole body with its content encoding undone, where it was read. Pass it whenever `bodyWanted` says `name`. */
export type Question = { request: RawRequest; scope: Scope; place?: Place; body?: Buffer };

type Found = { operation: string; model: Model; match?: Match };

/** Names the operation of a request. Pure; never throws on what a client sends. */
export function nameOperation(operations: Operations, question: Question): NamedCall {
  const { request, scope } = question;
  const signed = operations.under(scope.service);
  const service = policyServiceOf(/^[a-z0-9-]{1,64}$/i.test(scope.service) ? scope.service : 'unknown');
  if (!signed) return unsureCall(service, 'unknown_service', protocolOf(request, []));
  const models = modelsAt(signed, question.place);
  const protocol = protocolOf(request, models);
  const byMarker = findByMarker(models, question);
  const byRoute = findByRoute(models, question);
  if (byMarker === 'unreadable' || byRoute === 'unreadable') return unsureCall(service, 'unreadable', protocol);
  const unsure = byMarker.unsure ?? byRoute.unsure;
  const said = byMarker.said ?? [];
  return answer(service, protocol, { found: [...byMarker.found, ...byRoute.found], said, ...(unsure && { unsure }) });
}

/**
 * What of the body naming needs: `name` when there is no name without the whole of it, `parameters` when it says what the call is
 * about, `none` when it is content. Ask before a body is read; then name again with it.
 */
export function bodyWanted(operations: Operations, question: Question): 'name' | 'parameters' | 'none' {
  const { request, scope, place } = question;
  if (!announcesBody(request)) return 'none';
  const signed = operations.under(scope.service);
  const models = signed ? modelsAt(signed, place) : [];
  if (models.some(isRpc) && mayBeForm(request) && isRpcPath(models, request)) return 'name';
  return nameOperation(operations, question).content ? 'none' : 'parameters';
}

function announcesBody({ headers }: RawRequest): boolean {
  const lengths = valuesOf(headers, 'content-length');
  return lengths.some((length) => !/^0*$/.test(length)) || valuesOf(headers, 'transfer-encoding').length > 0;
}

function modelsAt({ models }: SignedService, place: Place | undefined): readonly Model[] {
  const there = models.filter(({ endpoint }) => endpoint === place?.endpoint);
  if (there.length > 0) return there;
  // Without a host of its own, as behind one fixed address, what is signed for S3 is for buckets.
  const buckets = models.filter(isS3);
  return buckets.length > 0 ? buckets : models;
}

function isRpc({ protocol }: Model): boolean {
  return !protocol.startsWith('rest-');
}

function isS3({ endpoint }: Model): boolean {
  return endpoint === 's3';
}

// Where one name signs both kinds, only the root is for calls by marker; elsewhere any path is (a queue's URL, for one).
function isRpcPath(models: readonly Model[], { target }: RawRequest): boolean {
  const { path } = splitTarget(target);
  return models.every(isRpc) || /^\/*$/.test(path) || path.includes('/operation/');
}

/** `said` are the names that a request gives itself where the models do not know them. */
type Findings = { found: Found[]; said?: string[]; unsure?: Unsure };

function findByMarker(models: readonly Model[], { request, body }: Question): Findings | 'unreadable' {
  const rpc = models.filter(isRpc);
  if (rpc.length === 0 || !isRpcPath(models, request)) return { found: [] };
  const markers = markersOf(request, body);
  if (!markers) return 'unreadable';
  const found = markers.map((marker) => findNamed(rpc, marker));
  const known = found.filter((one) => one !== undefined);
  if (known.length === found.length) return { found: known };
  // One that is known beside one that is not is no clearer than two that are known.
  const said = markers.map(({ text }) => text).filter((text) => /^[a-z0-9]{1,128}$/i.test(text));
  return { found: known, said, unsure: known.length > 0 ? 'ambiguous' : 'unknown_operation' };
}

function findNamed(models: readonly Model[], { text }: Marker): Found | undefined {
  for (const model of models) {
    const operation = model.names.get(text.toLowerCase());
    if (operation !== undefined) return { operation, model };
  }
  return undefined;
}

function findByRoute(models: readonly Model[], { request, place }: Question): Findings | 'unreadable' {
  const rest = models.filter((model) => !isRpc(model));
  if (rest.length === 0) return { found: [] };
  const { path, query } = splitTarget(request.target);
  const pairs = parsePairs(query);
  if (!pairs) return 'unreadable';
  const base = {
    method: request.method,
    query: pairs,
    headers: new Set(request.headers.map(([name]) => name.toLowerCase())),
  };
  if (rest.every(isS3)) return findInS3(rest, base, readingOfS3(path, place?.bucket));
  const readings = readingsOf(path);
  if (readings.length === 0) return 'unreadable';
  return { found: readings.flatMap((segments) => findRoutes(rest, { ...base, segments })) };
}

function findRoutes(models: readonly Model[], request: Routable): Found[] {
  return models.flatMap((model) =>
    matchRoutes(model.routes.get(request.method) ?? [], request).map((match) => ({
      operation: match.route.name,
      model,
      match,
    })),
  );
}

// What S3 takes with any operation. Any other key could be a subresource that is newer than the models, and mean another operation.
const plainS3Keys =
  /^(x-.*|response-.*|prefix|delimiter|marker|max-.*|encoding-type|continuation-token|bucket-region|start-after|fetch-owner|.*-marker|versionId|id)$/i;

function findInS3(
  models: readonly Model[],
  request: Omit<Routable, 'segments'>,
  segments: string[] | undefined,
): Findings {
  if (!segments) return { found: [], unsure: 'ambiguous' };
  const found = findRoutes(models, { ...request, segments });
  const strange = found.some(({ match }) => request.query.some(([key]) => !isExpected(match, key)));
  return { found, ...(strange && { unsure: 'unknown_operation' as const }) };
}

function isExpected(match: Match | undefined, key: string): boolean {
  if (plainS3Keys.test(key) || !match) return true;
  const { literals, requiredQuery, name } = match.route;
  if (name === 'GetObject' || name === 'HeadObject') return key === 'partNumber';
  return literals.some(([literal]) => literal === key) || requiredQuery.includes(key);
}

function answer(service: string, protocol: CallProtocol, { found, said = [], unsure }: Findings): NamedCall {
  const [first] = found;
  const names = [...new Set([...found.map(({ operation }) => operation), ...said])].map((name) => `${service}:${name}`);
  if (!first || unsure || names.length > 1) {
    return unsureCall(service, unsure ?? (first ? 'ambiguous' : 'unknown_operation'), protocol, names);
  }
  return {
    service,
    operation: first.operation,
    name: `${service}:${first.operation}`,
    possible: names,
    protocol: first.match ? protocolOfModel(first.model) : protocol,
    model: first.model,
    variables: first.match?.variables ?? {},
    content: first.match?.route.content ?? false,
  };
}

function unsureCall(service: string, unsure: Unsure, protocol: CallProtocol, possible: string[] = []): NamedCall {
  return { service, name: `${service}:?`, unsure, possible, protocol, variables: {}, content: false };
}

/** By what the request shows first, because a service may be called by more protocols than its model says. */
function protocolOf({ target, headers }: RawRequest, models: readonly Model[]): CallProtocol {
  const type = mediaTypeOf(headers);
  const rest = models.length > 0 && !models.some(isRpc);
  if (!rest) {
    if (valuesOf(headers, 'smithy-protocol').includes('rpc-v2-cbor') || type === 'application/cbor') return 'cbor';
    if (valuesOf(headers, 'x-amz-target').length > 0) return 'json';
    const ec2 = models.some(({ protocol }) => protocol === 'ec2');
    if (type === 'application/x-www-form-urlencoded' || /[?&]action=/i.test(target)) return ec2 ? 'ec2' : 'query';
  }
  const [model] = models;
  return model ? protocolOfModel(model) : 'rest-json';
}

function protocolOfModel(model: Model): CallProtocol {
  return isS3(model) ? 's3' : model.protocol;
}
