/** `ec2:Describe*`, `s3:GetObject`, `*`: a service, a colon and an operation, each with any number of stars. */
export function isOperationPattern(text: string): boolean {
  return text === '*' || /^[a-z0-9*-]{1,64}:(\?|[A-Za-z0-9*]{1,128})$/i.test(text);
}

/**
 * Whether a pattern means an operation such as `ec2:DescribeInstances`. Case does not count, as in AWS's own policies; `*` stands for
 * any text. `s3:?` means what could not be named, and so does `s3:*`.
 */
export function matchesOperation(pattern: string, operation: string): boolean {
  return pattern === '*' || matchesText(pattern.toLowerCase(), operation.toLowerCase());
}

/** Whether `text` is the pattern, whose stars stand for any text. Linear but for stars, and never more than their product. */
export function matchesText(pattern: string, text: string): boolean {
  let [at, star, taken] = [0, -1, 0];
  for (let index = 0; index < text.length; ) {
    if (pattern[at] === '*') {
      star = at;
      taken = index;
      at += 1;
    } else if (pattern[at] === text[index]) {
      at += 1;
      index += 1;
    } else {
      if (star < 0) return false;
      // The last star takes one character more.
      at = star + 1;
      taken += 1;
      index = taken;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

/** What a call is about; `whole` is false where it may be about more than what is named. */
export type NamedResources = { service: string; region: string; named: readonly string[]; whole: boolean };

/** Whether patterns that allow cover a call: it is about something, about nothing else, and each of it matches one of them. */
export function coversAll(patterns: readonly string[], call: NamedResources): boolean {
  if (patterns.includes('*')) return true;
  if (!call.whole || call.named.length === 0) return false;
  return call.named.every((resource) => patterns.some((pattern) => matchesResource(pattern, resource, call)));
}

/** Whether patterns that deny touch a call: one of what it is about matches, or it is not known whether one does. Case does not count. */
export function touchesAny(patterns: readonly string[], call: NamedResources): boolean {
  const there = patterns.map((pattern) => pattern.toLowerCase()).filter((pattern) => isThere(pattern, call));
  if (there.length === 0) return false;
  if (there.includes('*') || !call.whole) return true;
  return call.named.some((resource) => there.some((pattern) => matchesResource(pattern, resource.toLowerCase(), call)));
}

/**
 * Whether a pattern means a resource of a call, however either is written: `prod`, `table/prod` and
 * `arn:aws:dynamodb:eu-west-1:123456789012:table/prod` are one table, of which a call may name any. Two ARNs must agree as a whole; of a
 * pattern that is one, service and region must be those of the call. The account of a call is the one of its keys, and not compared.
 */
export function matchesResource(
  pattern: string,
  resource: string,
  call: Pick<NamedResources, 'service' | 'region'>,
): boolean {
  const arn = arnOf(pattern);
  if (!arn) return formsOf(resource).some((form) => matchesText(pattern, form));
  if (arnOf(resource)) return matchesText(pattern, resource);
  if (!isThere(pattern, call)) return false;
  const meant = [arn.rest, ...(arn.service === 's3' ? [] : [nameIn(arn.rest)])];
  return meant.some((text) => formsOf(resource).some((form) => matchesText(text, form)));
}

function isThere(pattern: string, { service, region }: Pick<NamedResources, 'service' | 'region'>): boolean {
  const arn = arnOf(pattern);
  if (!arn) return true;
  return matchesText(arn.service, service) && (arn.region === '' || matchesText(arn.region, region));
}

function arnOf(text: string): { service: string; region: string; rest: string } | undefined {
  const [scheme, , service = '', region = '', account, ...rest] = text.split(':');
  return scheme?.toLowerCase() === 'arn' && account !== undefined
    ? { service, region, rest: rest.join(':') }
    : undefined;
}

/** `prod` of `table/prod`, `fn` of `function:fn`. */
function nameIn(rest: string): string {
  return rest.replace(/^[^:/*]*[:/]/, '');
}

/** A resource as written and as it may be meant: of an ARN the name in it, of a queue's URL the last part, without version or index. */
function formsOf(resource: string): string[] {
  const arn = arnOf(resource);
  if (arn) {
    const name = nameIn(arn.rest);
    return arn.service === 's3' ? [resource, arn.rest] : [resource, arn.rest, name, name.replace(/[:/].*$/, '')];
  }
  const address = /^https:\/\/[^/]+\/(?:.*\/)?([^/]+)$/i.exec(resource)?.[1];
  if (address !== undefined) return [resource, address];
  // A function is also written `123456789012:function:name`, and with a version or an alias behind.
  const name = resource.replace(/^(?:\d{12}:)?function:/, '');
  return /^[^/:]+:[^/:]+$/.test(name) ? [resource, name, name.replace(/:.*$/, '')] : [resource, name];
}
