import { commandOf } from './operations/command.ts';
import { mayGiveCredentials } from './operations/credentials.ts';
import { shownPath, valuesOf } from './operations/heads.ts';
import type { NamedCall } from './operations/name-operation.ts';
import { keepParameters, type Said } from './operations/parameters.ts';
import { resourcesOf } from './operations/resources.ts';
import type { CallShown, NamedOperation } from './ports.ts';
import type { RawRequest } from './sigv4/request.ts';

/** What a decision needs to know of a named call. */
export function operationOf(call: NamedCall, said: Said, { method }: RawRequest): NamedOperation {
  const gift = mayGiveCredentials(call);
  return {
    name: call.name,
    isKnown: call.operation !== undefined,
    possible: call.possible.length > 0 ? call.possible : [call.name],
    ...(gift && { gift }),
    resources: resourcesOf(call, said),
    changes: !isRead(call, method),
  };
}

// Names of one kind in all services; what is called otherwise is taken for a change.
const reading =
  /^(BatchGet|Check|Describe|Detect|Estimate|Get|Head|List|Lookup|Preview|Query|Scan|Search|Select|Validate)/;

function isRead({ operation, protocol }: NamedCall, method: string): boolean {
  if (operation !== undefined) return reading.test(operation);
  return (protocol === 's3' || protocol.startsWith('rest-')) && (method === 'GET' || method === 'HEAD');
}

type Around = Pick<CallShown, 'callId' | 'at' | 'route' | 'address' | 'region' | 'host' | 'isRepeat'>;

/** What may be kept of a call. */
export function shownOf(call: NamedCall, said: Said, raw: RawRequest, around: Around): CallShown {
  const { values, cut } = keepParameters(call, said);
  const [resource] = resourcesOf(call, said).named;
  const command = commandOf(raw);
  const agent = valuesOf(raw.headers, 'user-agent').join(' ').slice(0, 512);
  return {
    ...around,
    service: call.service,
    ...(call.operation !== undefined && { operation: call.operation }),
    method: raw.method.slice(0, 16),
    path: shownPath(raw.target),
    ...(resource !== undefined && { resource: resource.slice(0, 512) }),
    parameters: cut ? { ...values, '…': 'There was more.' } : { ...values },
    ...(command !== undefined && { command }),
    ...(agent !== '' && { userAgent: agent }),
  };
}
