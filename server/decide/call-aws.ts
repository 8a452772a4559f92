import { BlockList, isIP, isIPv6 } from 'node:net';
import type { ErrorCode } from '../errors.ts';
import type { ApiTokenId, CredentialId, GrantId } from '../ids.ts';
import { type ApiTokenScope, type AwsRule, type AwsRules, defaultAwsRules } from '../protocol/aws-words.ts';
import { coversAll, matchesOperation, type NamedResources, touchesAny } from './aws-pattern.ts';
import { nearestReason, whyNotInForce } from './connect.ts';
import { type Decision, no } from './decision.ts';
import type { GrantFacts, PersonFacts, PolicyFacts } from './facts.ts';

export type TokenFacts = {
  id: ApiTokenId;
  scopes: readonly ApiTokenScope[];
  /** CIDRs; none: from anywhere. */
  networks: readonly string[];
  /** None: all that its person may use. */
  records: readonly CredentialId[];
  expiresAt: Date;
  revokedAt: Date | null;
};

export type CallGrantFacts = Pick<GrantFacts, 'id' | 'startsAt' | 'endsAt' | 'revokedAt'> & {
  policy: PolicyFacts & { aws: AwsRules | null };
};

export type RecordFacts = {
  id: CredentialId;
  /** Its own switch, or that of its record type. */
  isDisabled: boolean;
  partition: string;
  /** Empty: all. */
  regions: readonly string[];
  /** By the names that signatures carry; empty: all. */
  services: readonly string[];
  allowCustomerNames: boolean;
};

/** What a person has on a record; the strictest grants come first. */
export type RecordAccess = { record: RecordFacts; grants: readonly CallGrantFacts[] };

export type CallFacts = {
  /** `ec2:DescribeInstances`, or `ec2:?` where it is not sure. */
  name: string;
  isKnown: boolean;
  /** Every name that it could have. */
  possible: readonly string[];
  /** Its answer carries, or may carry, keys, tokens or secrets. */
  givesCredentials: boolean;
  resources: NamedResources;
  changes: boolean;
  isRepeat: boolean;
};

/**
 * May this token's person call AWS with this record? Without `call`: anything at all. `under`: this right alone, as for a
 * session that runs under it. `address`: where the call comes from; a session that is asked about again has none.
 */
export type CallQuestion = {
  person: PersonFacts;
  token: TokenFacts;
  /** The proxy is switched on. */
  isOn: boolean;
  access: RecordAccess;
  address?: string;
  under?: GrantId;
  call?: CallFacts;
};

export type CallRight = { grant: CallGrantFacts };

/** The first right in force under which the call is allowed. The person's and the token's own state are judged by `decide`. */
export function mayCallAws(question: CallQuestion, now: Date): Decision<CallRight> {
  const { token, isOn, access, under, call } = question;
  if (!isOn) return no('aws_off');
  const problem = whyNotByToken(question);
  if (problem) return no(problem);
  if (access.record.isDisabled) return no('record_disabled');
  const asked = under ? access.grants.filter(({ id }) => id === under) : access.grants;
  const inForce = asked.filter((grant) => !whyNotInForce(grant, now));
  if (token.records.length > 0 && !token.records.includes(access.record.id)) return no('token_record');
  if (inForce.length === 0) return no(asked.length === 0 && under ? 'grant_revoked' : nearestReason(asked, now));
  if (!call) return first(inForce);
  const answers = inForce.map((grant) => ({
    grant,
    problem: whyNotByRules(grant.policy.aws ?? defaultAwsRules, call),
  }));
  const allowed = answers.find((answer) => !answer.problem);
  if (allowed) return { allow: true, grant: allowed.grant };
  const reasons = new Set(answers.map((answer) => answer.problem));
  return no(telling.find((reason) => reasons.has(reason)) ?? 'operation_denied');
}

// Of several rights that all say no: the reason that is the least about the right and the most about the call.
const telling: readonly ErrorCode[] = [
  'repeated_call',
  'gives_credentials',
  'resource_denied',
  'operation_unnamed',
  'operation_denied',
];

function first(grants: readonly CallGrantFacts[]): Decision<CallRight> {
  const [grant] = grants;
  return grant ? { allow: true, grant } : no('no_grant');
}

function whyNotByToken({ token, address }: CallQuestion): ErrorCode | undefined {
  if (!token.scopes.includes('aws')) return 'token_scope';
  return address === undefined || isWithin(address, token.networks) ? undefined : 'token_network';
}

/** Whether an address is in one of these networks; no networks: anywhere. What cannot be read is nowhere. */
export function isWithin(address: string, networks: readonly string[]): boolean {
  if (networks.length === 0) return true;
  // A dual-stack listener shows IPv4 peers as ::ffff:192.0.2.1.
  const plain = /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice(7) : address;
  if (isIP(plain) === 0) return false;
  return networks.some((network) => {
    const [base = '', bits] = network.split('/');
    if (isIP(base) === 0) return false;
    const list = new BlockList();
    try {
      if (bits === undefined) list.addAddress(base, familyOf(base));
      else list.addSubnet(base, Number(bits), familyOf(base));
    } catch {
      return false;
    }
    return list.check(plain, familyOf(plain));
  });
}

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** What rules say of a call: what denies comes first; then everything that it could be must be allowed. */
export function whyNotByRules(rules: AwsRules, call: CallFacts): ErrorCode | undefined {
  const names = [...new Set([call.name, ...call.possible])];
  const denied = rules.deny.filter(({ operation }) => names.some((name) => matchesOperation(operation, name)));
  if (denied.some(({ resource }) => resource === '*')) return 'operation_denied';
  if (denied.some(({ resource }) => touchesAny([resource], call.resources))) return 'resource_denied';
  if (!call.isKnown && rules.unknown === 'deny') return 'operation_unnamed';
  if (call.givesCredentials && rules.credentials === 'deny') return 'gives_credentials';
  for (const name of names) {
    const problem = whyNotAllowed(rules.allow, name, call.resources);
    if (problem) return problem;
  }
  return call.isRepeat && call.changes && rules.repeats === 'refuse' ? 'repeated_call' : undefined;
}

function whyNotAllowed(allow: readonly AwsRule[], name: string, resources: NamedResources): ErrorCode | undefined {
  const meant = allow.filter(({ operation }) => matchesOperation(operation, name));
  if (meant.length === 0) return 'operation_denied';
  const patterns = meant.map(({ resource }) => resource);
  return coversAll(patterns, resources) ? undefined : 'resource_denied';
}

/** What a record is not meant for; `undefined`: it is meant for such calls. */
export function outsideOf(
  record: RecordFacts,
  call: { partition: string; region: string; signedService: string; isCustomerHost: boolean },
): 'partition' | 'region' | 'service' | 'customer_host' | undefined {
  if (call.partition !== record.partition) return 'partition';
  if (record.regions.length > 0 && !record.regions.includes(call.region)) return 'region';
  if (record.services.length > 0 && !record.services.includes(call.signedService)) return 'service';
  return call.isCustomerHost && !record.allowCustomerNames ? 'customer_host' : undefined;
}
