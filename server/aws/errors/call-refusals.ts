import type { Codes, Told } from './answer.ts';

/** Why a call whose signature is right is not forwarded. */
export type CallRefusal =
  | { reason: 'record_none'; record: string }
  | { reason: 'record_many'; record: string; count: number }
  /** The record does not allow that partition, region or service. */
  | { reason: 'outside_record'; what: 'partition' | 'region' | 'service'; value: string }
  | { reason: 'host_disagrees'; what: 'service' | 'region' }
  | { reason: 'customer_host' }
  | { reason: 'private_address' }
  | { reason: 'endpoint_url'; operation: string }
  | { reason: 'operation_denied'; operation: string }
  | { reason: 'resource_denied'; operation: string }
  | { reason: 'unnamed_operation'; service: string }
  | { reason: 'gives_credentials'; operation: string }
  | { reason: 'no_access' }
  | { reason: 'access_ended' }
  | { reason: 'needs_approval'; link: string }
  | { reason: 'needs_mfa'; link: string }
  | { reason: 'replayed' }
  | { reason: 'proxy_off' }
  | { reason: 'too_many_calls' }
  | { reason: 'not_recorded' }
  | { reason: 'upstream_unreachable' };

const denied: Codes = { xml: 'AccessDenied', json: 'AccessDeniedException', ec2: 'UnauthorizedOperation' };
const throttled: Codes = {
  xml: 'Throttling',
  json: 'ThrottlingException',
  s3: 'SlowDown',
  ec2: 'RequestLimitExceeded',
};
const unavailable: Codes = { xml: 'ServiceUnavailable', json: 'ServiceUnavailableException', ec2: 'Unavailable' };

/** What a client is told. A decision is 403, so that it is shown and not tried again; the last three may be tried again. */
export function callRefusal(refusal: CallRefusal): Told {
  switch (refusal.reason) {
    case 'too_many_calls':
      return {
        status: 429,
        codes: throttled,
        message: 'Too many calls at once with this API token. Try again in a moment.',
      };
    case 'not_recorded':
      return { status: 503, codes: unavailable, message: 'The call cannot be recorded just now, so it was not made.' };
    case 'upstream_unreachable':
      return { status: 503, codes: unavailable, message: 'AWS cannot be reached from the gateway.' };
    default:
      return { status: 403, codes: denied, message: decisionMessage(refusal) };
  }
}

type Decision = Exclude<CallRefusal, { reason: 'too_many_calls' | 'not_recorded' | 'upstream_unreachable' }>;

function decisionMessage(refusal: Decision): string {
  switch (refusal.reason) {
    case 'record_none':
      return `No record that you may use matches "${short(refusal.record)}".`;
    case 'record_many':
      return `${refusal.count} records match "${short(refusal.record)}". Say more, or use the id of one.`;
    case 'outside_record':
      return `This record is not for the ${refusal.what} ${short(refusal.value)}.`;
    case 'host_disagrees':
      return `The ${refusal.what} that the request is signed for is not the one of its host.`;
    case 'customer_host':
      return 'This host belongs to a customer of AWS. The record would have to allow such hosts.';
    case 'private_address':
      return 'This host leads into a private network.';
    case 'endpoint_url':
      return `${short(refusal.operation)} does not work through an endpoint URL. Set HTTPS_PROXY to the gateway instead.`;
    case 'operation_denied':
      return `Your policy does not allow ${short(refusal.operation)}.`;
    case 'resource_denied':
      return `Your policy does not allow ${short(refusal.operation)} on this resource.`;
    case 'unnamed_operation':
      return `The operation of ${short(refusal.service)} cannot be named from this request, and your policy allows only known ones.`;
    case 'gives_credentials':
      return `${short(refusal.operation)} would answer with credentials, and those stay in the gateway.`;
    case 'no_access':
      return 'You have no access to this record now.';
    case 'access_ended':
      return 'Your access to this record has ended.';
    case 'needs_approval':
      return `This needs an approval. Ask for it at ${refusal.link} and run the command again.`;
    case 'needs_mfa':
      return `This needs a second factor. Confirm it at ${refusal.link} and run the command again.`;
    case 'replayed':
      return 'This request was seen before, and your policy does not allow it twice.';
    case 'proxy_off':
      return 'The AWS proxy is turned off.';
  }
}

function short(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
