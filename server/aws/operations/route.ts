import { decoded } from './percent.ts';

type Segment = { literal: string } | { variable: string; greedy: boolean };

/** One operation of a REST service: its method, its path, and what must be there besides. */
export type Route = {
  name: string;
  method: string;
  segments: readonly Segment[];
  /** Where the segment stands that takes several; -1 where none does. */
  greedyAt: number;
  /** `acl`, or `list-type=2`: the key, and its value where the model gives one. */
  literals: readonly (readonly [key: string, value: string | undefined])[];
  requiredQuery: readonly string[];
  /** In lower case. */
  requiredHeaders: readonly string[];
  /** The body is content (an object, a zip), not parameters. */
  content: boolean;
  deprecated: boolean;
};

/** The parts of a request by which routes tell requests apart. */
export type Routable = {
  method: string;
  /** Raw segments after the first slash; for S3 by virtual host with the bucket in front. */
  segments: readonly string[];
  query: readonly (readonly [key: string, value: string])[];
  /** Names in lower case. */
  headers: ReadonlySet<string>;
};

export type Match = { route: Route; variables: Record<string, string> };

/** Reads a row of the generated table: `METHOD uri Name ?query !header * ~`. */
export function parseRoute(row: string): Route {
  const [method = '', uri = '', name = '', ...marks] = row.split(' ');
  const [path = '', query] = uri.split('?', 2);
  const segments = withoutLast(path.split('/').slice(1)).map(parseSegment);
  const marked = (mark: string) => marks.filter((text) => text.startsWith(mark)).map((text) => text.slice(1));
  return {
    name,
    method,
    segments,
    greedyAt: segments.findIndex((segment) => 'variable' in segment && segment.greedy),
    literals: (query ?? '')
      .split('&')
      .filter(Boolean)
      .map((item) => item.split('=', 2))
      .map(([key = '', value]) => [key, value] as const),
    requiredQuery: marked('?'),
    requiredHeaders: marked('!'),
    content: marks.includes('*'),
    deprecated: marks.includes('~'),
  };
}

function parseSegment(text: string): Segment {
  const variable = /^\{(.+?)(\+?)\}$/.exec(text);
  return variable ? { variable: variable[1] ?? '', greedy: variable[2] === '+' } : { literal: text };
}

/** Without the empty segment that a slash at the end leaves; services answer with and without it. */
export function withoutLast(segments: readonly string[]): string[] {
  return segments.at(-1) === '' ? segments.slice(0, -1) : [...segments];
}

/**
 * The routes that a request may mean, of which none is clearly better than another: one when it is clear, none when nothing fits.
 * A literal in the path beats a variable; among equal paths the route that asks for all that the other asks for, and more, wins.
 */
export function matchRoutes(routes: readonly Route[], request: Routable): Match[] {
  const fitting: Match[] = [];
  for (const route of routes) {
    if (route.method !== request.method || !hasRoomFor(route, request.segments)) continue;
    const variables = hasWhatItNeeds(route, request) && variablesOf(route, request.segments);
    if (variables) fitting.push({ route, variables });
  }
  if (fitting.length < 2) return fitting;
  return fitting.filter((match) => !fitting.some((other) => beats(other.route, match.route)));
}

function hasWhatItNeeds(route: Route, { query, headers }: Routable): boolean {
  return (
    route.literals.every(([key, value]) => query.some((item) => item[0] === key && (!value || item[1] === value))) &&
    route.requiredQuery.every((key) => query.some((item) => item[0] === key)) &&
    route.requiredHeaders.every((name) => headers.has(name))
  );
}

// Asked first and of every route: a long list of them is gone through for each request.
function hasRoomFor({ segments, greedyAt }: Route, given: readonly string[]): boolean {
  if (greedyAt < 0 ? given.length !== segments.length : given.length < segments.length) return false;
  const [first] = segments;
  const [start = ''] = given;
  return first === undefined || !('literal' in first) || first.literal === start || start.includes('%');
}

function variablesOf({ segments, greedyAt }: Route, given: readonly string[]): Record<string, string> | undefined {
  const spare = given.length - segments.length;
  const variables: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const from = greedyAt >= 0 && index > greedyAt ? index + spare : index;
    const text = given.slice(from, index === greedyAt ? from + spare + 1 : from + 1).join('/');
    if (text === '' || ('literal' in segment && decoded(text) !== segment.literal)) return undefined;
    if ('variable' in segment) variables[segment.variable] = decoded(text) ?? text;
  }
  return variables;
}

function beats(one: Route, other: Route): boolean {
  if (one === other) return false;
  const path = comparePaths(one, other);
  if (path !== 0) return path < 0;
  if (asksFor(other).every((condition) => asksFor(one).includes(condition))) {
    if (asksFor(one).length > asksFor(other).length) return true;
    return asksFor(one).length === asksFor(other).length && other.deprecated && !one.deprecated;
  }
  return false;
}

function asksFor({ literals, requiredQuery, requiredHeaders }: Route): string[] {
  return [...literals.map(([key]) => `?${key}`), ...requiredQuery.map((key) => `?${key}`), ...requiredHeaders];
}

/** Negative when the first path is the more exact one, by its first segment that differs. */
function comparePaths(one: Route, other: Route): number {
  for (const [index, segment] of one.segments.entries()) {
    const against = other.segments[index];
    if (!against) return -1;
    const difference = looseness(segment) - looseness(against);
    if (difference !== 0) return difference;
  }
  return one.segments.length < other.segments.length ? 1 : 0;
}

function looseness(segment: Segment): number {
  if ('literal' in segment) return 0;
  return segment.greedy ? 2 : 1;
}
