// Contract: a call to AWS is allowed only while the proxy is on, its person and token are there, the token is for AWS, for
// this record and for the address, the record is on, and a grant in force has rules that allow the operation on what it is
// about. What denies comes before what allows, and what is not sure is allowed only where all that it could be is.
import { describe, expect, it } from 'vitest';
import { type ApiTokenId, type CredentialId, type GrantId, newId } from '../ids.ts';
import { type AwsRules, defaultAwsRules } from '../protocol/aws-words.ts';
import {
  type CallFacts,
  type CallGrantFacts,
  isWithin,
  outsideOf,
  type RecordFacts,
  type TokenFacts,
  whyNotByRules,
} from './call-aws.ts';
import { decide, type Question } from './decide.ts';
import { type SearchedRecord, searchRecords } from './record-search.ts';
import { answer, aPerson, aPolicy, ms, now } from './testing/facts.ts';

const token: TokenFacts = {
  id: newId<ApiTokenId>(),
  scopes: ['aws'],
  networks: [],
  records: [],
  expiresAt: ms(1),
  revokedAt: null,
};
const record: RecordFacts = {
  id: newId<CredentialId>(),
  isDisabled: false,
  partition: 'aws',
  regions: [],
  services: [],
  allowCustomerNames: false,
};
const grantWith = (given: Partial<CallGrantFacts> = {}, aws: Partial<AwsRules> | null = null): CallGrantFacts => ({
  id: newId<GrantId>(),
  startsAt: null,
  endsAt: null,
  revokedAt: null,
  policy: { ...aPolicy(), aws: aws && { ...defaultAwsRules, ...aws } },
  ...given,
});
const callOf = (name: string, given: Partial<CallFacts> = {}): CallFacts => ({
  name,
  isKnown: !name.endsWith('?'),
  possible: [name],
  givesCredentials: false,
  resources: { service: name.split(':')[0] ?? '', region: 'eu-west-1', named: [], whole: true },
  changes: false,
  isRepeat: false,
  ...given,
});
const about = (service: string, named: string[], whole = true) => ({ service, region: 'eu-west-1', named, whole });

describe('call-aws', () => {
  const grant = grantWith();
  const good: Question<'call-aws'> = {
    person: aPerson(),
    token,
    isOn: true,
    access: { record, grants: [grant] },
    address: '192.0.2.7',
    call: callOf('ec2:DescribeInstances'),
  };
  const ask = (given: Partial<Question<'call-aws'>>) => answer(decide('call-aws', { ...good, ...given }, now));
  const other = newId<CredentialId>();

  it.each<[string, Partial<Question<'call-aws'>>, string]>([
    ['a granted call', {}, 'yes'],
    ['while the proxy is off', { isOn: false }, 'aws_off'],
    ['by a person who is disabled', { person: aPerson({ disabledAt: ms(-1) }) }, 'person_disabled'],
    ['with a token that has just expired', { token: { ...token, expiresAt: now } }, 'token_ended'],
    ['with a token that was revoked', { token: { ...token, revokedAt: ms(-1) } }, 'token_ended'],
    ['with a token that is not for AWS', { token: { ...token, scopes: [] } }, 'token_scope'],
    ['from a network of the token', { token: { ...token, networks: ['192.0.2.0/24'] } }, 'yes'],
    ['from elsewhere', { token: { ...token, networks: ['198.51.100.0/24'] } }, 'token_network'],
    ['with a token for another record', { token: { ...token, records: [other] } }, 'token_record'],
    ['with a token for this record too', { token: { ...token, records: [other, record.id] } }, 'yes'],
    [
      'with a record that is off',
      { access: { record: { ...record, isDisabled: true }, grants: [grant] } },
      'record_disabled',
    ],
    ['without a grant', { access: { record, grants: [] } }, 'no_grant'],
    ['before its time', { access: { record, grants: [grantWith({ startsAt: ms(1) })] } }, 'grant_not_started'],
    ['after its time', { access: { record, grants: [grantWith({ endsAt: now })] } }, 'grant_ended'],
    ['with a revoked grant', { access: { record, grants: [grantWith({ revokedAt: ms(-1) })] } }, 'grant_revoked'],
    ['under a grant that is gone', { under: newId<GrantId>() }, 'grant_revoked'],
    ['in a session that is asked about again', { under: grant.id, call: undefined, address: undefined }, 'yes'],
  ] as [string, Partial<Question<'call-aws'>>, string][])('%s', (_, given, expected) => {
    expect(ask(given)).toBe(expected);
  });

  it('takes the first right that allows this call, and says of several what is most about the call', () => {
    const reads = grantWith({}, { allow: [{ operation: 's3:Get*', resource: '*' }] });
    const writes = grantWith({}, { allow: [{ operation: 's3:Put*', resource: 'mine/*' }] });
    const access = { record, grants: [reads, writes] };
    const call = callOf('s3:PutObject', { resources: about('s3', ['mine/a']) });
    expect(decide('call-aws', { ...good, access, call }, now)).toEqual({ allow: true, grant: writes });
    expect(ask({ access, call: { ...call, resources: about('s3', ['yours/a']) } })).toBe('resource_denied');
    expect(ask({ access, call, under: reads.id })).toBe('operation_denied');
  });
});

describe('the rules of a policy', () => {
  const why = (rules: Partial<AwsRules>, call: CallFacts) => whyNotByRules({ ...defaultAwsRules, ...rules }, call);
  const rule = (operation: string, resource = '*') => ({ operation, resource });
  const unsure = (...possible: string[]) => callOf('ec2:?', { possible, resources: about('ec2', [], false) });

  it.each<[string, Partial<AwsRules>, CallFacts, string | undefined]>([
    ['allow all that is known', {}, callOf('ec2:TerminateInstances'), undefined],
    ['deny what is not known', {}, unsure('ec2:A'), 'operation_unnamed'],
    ['deny what gives credentials', {}, callOf('sts:AssumeRole', { givesCredentials: true }), 'gives_credentials'],
    [
      'let credentials go where they say so',
      { credentials: 'allow' },
      callOf('sts:X', { givesCredentials: true }),
      undefined,
    ],
    [
      'deny before they allow',
      { deny: [rule('EC2:terminate*')] },
      callOf('ec2:TerminateInstances'),
      'operation_denied',
    ],
    [
      'deny one of what it could be',
      { unknown: 'allow', deny: [rule('ec2:Terminate*')] },
      unsure('ec2:A', 'ec2:TerminateInstances'),
      'operation_denied',
    ],
    ['allow the unknown where they say so', { unknown: 'allow' }, unsure('ec2:A'), undefined],
    [
      'allow the unknown only by all its names',
      { unknown: 'allow', allow: [rule('ec2:?'), rule('ec2:A')] },
      unsure('ec2:A', 'ec2:B'),
      'operation_denied',
    ],
    [
      'do not take the name of one for that of another',
      { allow: [rule('ec2:Describe*')] },
      callOf('ec2:?', { possible: [], isKnown: false }),
      'operation_unnamed',
    ],
    [
      'deny a resource',
      { deny: [rule('s3:*', 'secret/*')] },
      callOf('s3:GetObject', { resources: about('s3', ['secret/a']) }),
      'resource_denied',
    ],
    [
      'deny a resource that may be among others',
      { deny: [rule('s3:*', 'secret/*')] },
      callOf('s3:GetObject', { resources: about('s3', ['open/a'], false) }),
      'resource_denied',
    ],
    [
      'leave other resources',
      { deny: [rule('s3:*', 'secret/*')] },
      callOf('s3:GetObject', { resources: about('s3', ['open/a']) }),
      undefined,
    ],
    [
      'allow one resource and no call about nothing',
      { allow: [rule('s3:*', 'open/*')] },
      callOf('s3:ListBuckets'),
      'resource_denied',
    ],
    ['flag repeats', {}, callOf('ec2:RunInstances', { changes: true, isRepeat: true }), undefined],
    [
      'refuse repeats that change something',
      { repeats: 'refuse' },
      callOf('ec2:RunInstances', { changes: true, isRepeat: true }),
      'repeated_call',
    ],
    ['and no repeat of a look', { repeats: 'refuse' }, callOf('ec2:DescribeInstances', { isRepeat: true }), undefined],
  ])('%s', (_, rules, call, expected) => {
    expect(why(rules, call)).toBe(expected);
  });
});

describe('an address is within networks', () => {
  it.each<[string, string[], boolean]>([
    ['192.0.2.1', [], true],
    ['192.0.2.1', ['192.0.2.0/24'], true],
    ['::ffff:192.0.2.1', ['192.0.2.0/24'], true],
    ['192.0.3.1', ['192.0.2.0/24', '192.0.3.1'], true],
    ['192.0.3.1', ['192.0.2.0/24'], false],
    ['2001:db8::1', ['2001:db8::/32'], true],
    ['2001:db8::1', ['192.0.2.0/24'], false],
    ['192.0.2.1', ['nonsense', '192.0.2.0/99'], false],
    ['', ['0.0.0.0/0'], false],
  ])('%s in %j: %s', (address, networks, expected) => {
    expect(isWithin(address, networks)).toBe(expected);
  });
});

describe('a record is meant for', () => {
  const call = { partition: 'aws', region: 'eu-west-1', signedService: 's3', isCustomerHost: false };
  it.each([
    [{}, {}, undefined],
    [{}, { partition: 'aws-cn' }, 'partition'],
    [{ regions: ['us-east-1'] }, {}, 'region'],
    [{ regions: ['us-east-1', 'eu-west-1'] }, {}, undefined],
    [{ services: ['sts'] }, {}, 'service'],
    [{ services: ['s3'] }, {}, undefined],
    [{}, { isCustomerHost: true }, 'customer_host'],
    [{ allowCustomerNames: true }, { isCustomerHost: true }, undefined],
  ])('record %j, call %j: %s', (of, asked, expected) => {
    expect(outsideOf({ ...record, ...of }, { ...call, ...asked })).toBe(expected);
  });
});

describe('RECORD finds', () => {
  const records: SearchedRecord[] = [
    { number: 1, name: 'prod', description: 'the shop', tags: { team: 'data' } },
    { number: 2, name: 'prod-old', description: 'to be retired', tags: { Team: 'Web', env: 'old' } },
    { number: 30, name: 'Staging area', description: 'for the shop', tags: {} },
  ];
  it.each<[string, number[]]>([
    ['1', [1]],
    [' 30 ', [30]],
    ['3', []],
    ['prod', [1]],
    ['PROD', [1]],
    ['pro', [1, 2]],
    ['name:prod', [1]],
    ['name:prod*', [1, 2]],
    ['name:', []],
    ['tag:team=data', [1]],
    ['tag:team', [1, 2]],
    ['tag:ENV=old', [2]],
    ['tag:env=', []],
    ['shop', [1, 30]],
    ['shop for', [30]],
    ['staging area', [30]],
    ['nothing', []],
    ['', [1, 2, 30]],
  ])('by %j: %j', (expression, found) => {
    expect(searchRecords(expression, records).map(({ number }) => number)).toEqual(found);
  });
});
