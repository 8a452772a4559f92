import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  coversAll,
  isOperationPattern,
  matchesOperation,
  matchesResource,
  matchesText,
  touchesAny,
} from './aws-pattern.ts';

// A policy allows and denies by patterns with stars. What allows must cover all that a call is about; what denies must be touched by any
// of it, and by what nobody knows. However a thing is written, as a name, an ARN or a URL, it is the same thing to a pattern.
const dynamodb = { service: 'dynamodb', region: 'eu-west-1' };
const s3 = { service: 's3', region: 'eu-west-1' };
const about = (named: string[], where = dynamodb, whole = true) => ({ ...where, named, whole });

describe('a pattern of operations', () => {
  it.each(['*', '*:*', 's3:*', 's3:?', 'ec2:Describe*', 'ec2:*Instances', 'cognito-idp:AdminGetUser', 's3:Get*Acl'])(
    'may be %s',
    (text) => {
      expect(isOperationPattern(text)).toBe(true);
    },
  );

  it.each([
    '',
    's3',
    's3:',
    ':Get',
    's3:Get:*',
    's3:Get Object',
    'S3:<b>',
    's3:G?t',
    's3:*\n',
    `s3:${'x'.repeat(200)}`,
  ])('is none of %j', (text) => {
    expect(isOperationPattern(text)).toBe(false);
  });

  it('means what its stars leave open, in any case', () => {
    expect(matchesOperation('ec2:Describe*', 'ec2:DescribeInstances')).toBe(true);
    expect(matchesOperation('EC2:describe*', 'ec2:DescribeInstances')).toBe(true);
    expect(matchesOperation('ec2:Describe*', 'ec2:RunInstances')).toBe(false);
    expect(matchesOperation('ec2:Describe', 'ec2:DescribeInstances')).toBe(false);
    expect(matchesOperation('ec2:*', 'ec2-instance-connect:SendSSHPublicKey')).toBe(false);
    expect(matchesOperation('*', 'anything:At')).toBe(true);
    expect(matchesOperation('s3:*', 's3:?')).toBe(true);
    expect(matchesOperation('s3:?', 's3:?')).toBe(true);
    expect(matchesOperation('s3:?', 's3:GetObject')).toBe(false);
    expect(matchesOperation('s3:Get*', 's3:?')).toBe(false);
  });
});

describe('stars', () => {
  it('mean any text, as a regular expression would say', () => {
    const part = fc.constantFrom('a', 'b', '*', '/');
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 8 }),
        fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 10 }),
        (pattern, text) => {
          const expression = new RegExp(`^${pattern.join('').replaceAll('*', '[^]*')}$`);
          expect(matchesText(pattern.join(''), text.join(''))).toBe(expression.test(text.join('')));
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('take no time that grows with their number', () => {
    expect(matchesText(`${'a*'.repeat(1000)}b`, 'a'.repeat(20_000))).toBe(false);
  });

  it('are the only thing that is special', () => {
    expect(matchesText('a.c', 'abc')).toBe(false);
    expect(matchesText('a?c', 'abc')).toBe(false);
    expect(matchesText('(a+)+$', '(a+)+$')).toBe(true);
  });
});

describe('a pattern of resources', () => {
  const table = 'arn:aws:dynamodb:eu-west-1:123456789012:table/prod';

  it('means a thing however both are written', () => {
    for (const pattern of ['prod', 'table/prod', table, 'arn:aws:dynamodb:*:*:table/prod', 'pro*']) {
      expect(matchesResource(pattern, 'prod', dynamodb)).toBe(pattern !== 'table/prod');
      expect(matchesResource(pattern, table, dynamodb)).toBe(true);
    }
    expect(matchesResource('prod', 'arn:aws:dynamodb:eu-west-1:123456789012:table/prod/index/i', dynamodb)).toBe(true);
    const lambda = { service: 'lambda', region: 'eu-west-1' };
    for (const name of [
      'fn',
      'fn:7',
      'function:fn',
      '123456789012:function:fn:live',
      'arn:aws:lambda:eu-west-1:123456789012:function:fn:7',
    ])
      expect(matchesResource('fn', name, lambda)).toBe(true);
    const sqs = { service: 'sqs', region: 'eu-west-1' };
    expect(matchesResource('orders', 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders', sqs)).toBe(true);
    expect(
      matchesResource('arn:aws:sqs:eu-west-1:*:orders', 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders', sqs),
    ).toBe(true);
    expect(matchesResource('arn:aws:s3:::reports/2026/*', 'reports/2026/a', s3)).toBe(true);
    expect(matchesResource('arn:aws:s3:::reports', 'reports', s3)).toBe(true);
    expect(matchesResource('reports/*', 'reports/a/b', s3)).toBe(true);
  });

  it('means nothing else', () => {
    expect(matchesResource('arn:aws:s3:::reports/*', 'other/a', s3)).toBe(false);
    expect(matchesResource('arn:aws:s3:::reports/*', 'reports', s3)).toBe(false);
    expect(matchesResource('reports', 'reports/a', s3)).toBe(false);
    expect(matchesResource(table, 'prod', { ...dynamodb, region: 'us-east-1' })).toBe(false);
    expect(matchesResource(table, 'prod', s3)).toBe(false);
    expect(matchesResource(table, 'arn:aws:dynamodb:us-east-1:123456789012:table/prod', dynamodb)).toBe(false);
    expect(matchesResource(table, 'arn:aws:dynamodb:eu-west-1:999999999999:table/prod', dynamodb)).toBe(false);
    expect(matchesResource('arn:aws:iam::*:role/team/*', 'anything', { service: 'iam', region: 'us-east-1' })).toBe(
      false,
    );
    expect(matchesResource('prod', 'product', dynamodb)).toBe(false);
  });
});

describe('what allows', () => {
  it('covers all that a call is about', () => {
    expect(coversAll(['prod', 'test'], about(['prod', 'test']))).toBe(true);
    expect(coversAll(['prod'], about(['prod', 'test']))).toBe(false);
    expect(coversAll(['reports/*'], about(['reports/a', 'secrets/b'], s3))).toBe(false);
    expect(coversAll([], about(['prod']))).toBe(false);
  });

  it('covers nothing that is not known, but for the star alone', () => {
    expect(coversAll(['prod'], about(['prod'], dynamodb, false))).toBe(false);
    expect(coversAll(['p*'], about([]))).toBe(false);
    expect(coversAll(['*'], about([], dynamodb, false))).toBe(true);
  });

  it('counts case', () => {
    expect(coversAll(['Prod'], about(['prod']))).toBe(false);
  });
});

describe('what denies', () => {
  it('is touched by any of it, in any case', () => {
    expect(touchesAny(['prod'], about(['test', 'PROD']))).toBe(true);
    expect(touchesAny(['arn:aws:dynamodb:*:*:table/Prod'], about(['prod']))).toBe(true);
    expect(touchesAny(['secrets/*'], about(['reports/a', 'secrets/b'], s3))).toBe(true);
    expect(touchesAny(['prod'], about(['test']))).toBe(false);
    expect(touchesAny(['prod'], about([]))).toBe(false);
    expect(touchesAny([], about(['prod'], dynamodb, false))).toBe(false);
  });

  it('is touched by what is not known, if it could be there', () => {
    expect(touchesAny(['prod'], about(['test'], dynamodb, false))).toBe(true);
    expect(touchesAny(['arn:aws:dynamodb:us-east-1:*:table/prod'], about(['test'], dynamodb, false))).toBe(false);
    expect(touchesAny(['arn:aws:sqs:*:*:prod'], about(['test'], dynamodb, false))).toBe(false);
  });
});
