import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RawRequest } from '../sigv4/request.ts';
import { raw, scopeOf } from '../testing/requests.ts';
import { givingOperations } from './credentials.ts';
import { type NamedCall, nameOperation, type Question } from './name-operation.ts';
import { lazyOperations, type Model, policyServiceOf } from './table.ts';

// Every operation of every model, written as its model says, is named as itself; in every protocol that its service may speak, and
// whatever its host. Without a host two may be alike: then neither is taken for the other.
const root = join(import.meta.dirname, '..', '..', '..');
const operations = await lazyOperations(root)();
const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };

// Written alike by an older and a newer name; the newer one is the name.
const olderNames: Readonly<Record<string, string>> = {
  's3:GetBucketLifecycle': 's3:GetBucketLifecycleConfiguration',
  's3:GetBucketNotification': 's3:GetBucketNotificationConfiguration',
  's3:PutBucketLifecycle': 's3:PutBucketLifecycleConfiguration',
  's3:PutBucketNotification': 's3:PutBucketNotificationConfiguration',
};

type Example = { model: Model; operation: string; signing: string; request: RawRequest; body?: Buffer };

function writeExamples(): Example[] {
  return operations
    .signingNames()
    .filter((signing) => !['s3-object-lambda', 's3express'].includes(signing))
    .flatMap((signing) => (operations.under(signing)?.models ?? []).flatMap((model) => examplesOf(model, signing)));
}

function examplesOf(model: Model, signing: string): Example[] {
  return [...model.names.values()].map((operation) => {
    const base = { model, operation, signing };
    if (model.protocol === 'query' || model.protocol === 'ec2') {
      return { ...base, request: raw('POST', '/', form), body: Buffer.from(`Action=${operation}&Version=x`) };
    }
    const target = { 'x-amz-target': `${model.target}.${operation}`, 'content-type': 'application/x-amz-json-1.1' };
    if (model.protocol === 'json') return { ...base, request: raw('POST', '/', target), body: Buffer.from('{}') };
    return { ...base, request: restExample(model, operation) };
  });
}

function restExample(model: Model, operation: string): RawRequest {
  const route = [...model.routes.values()].flat().find(({ name }) => name === operation);
  if (!route) throw new Error(`${model.id} has no route of ${operation}`);
  const segments = route.segments.map((segment) => ('literal' in segment ? segment.literal : `x-${segment.variable}`));
  const query = [
    ...route.literals.map(([key, value]) => (value === undefined ? key : `${key}=${value}`)),
    ...route.requiredQuery.map((key) => `${key}=1`),
  ];
  const headers = Object.fromEntries(route.requiredHeaders.map((name) => [name, '1']));
  return raw(route.method, `/${segments.join('/')}${query.length > 0 ? `?${query.join('&')}` : ''}`, headers);
}

function nameOf({ signing, operation }: Pick<Example, 'signing' | 'operation'>): string {
  const name = `${policyServiceOf(signing)}:${operation}`;
  return olderNames[name] ?? name;
}

function named({ signing, request, body, model }: Example, place = true): NamedCall {
  const question: Question = {
    request,
    scope: scopeOf(signing),
    ...(place && { place: { endpoint: model.endpoint } }),
  };
  return nameOperation(operations, body ? { ...question, body } : question);
}

const examples = writeExamples();

describe('the table', () => {
  it('says where it is from, and is as large as it has to be', () => {
    const { about, services } = JSON.parse(
      readFileSync(join(root, 'server/aws/operations/operations.generated.json'), 'utf8'),
    );
    expect(about).toMatchObject({ from: expect.stringContaining('aws-sdk 2.'), licence: 'Apache-2.0' });
    expect(about.services).toBe(services.length);
    expect(about.services).toBeGreaterThanOrEqual(400);
    expect(about.operations).toBeGreaterThanOrEqual(16_000);
  });

  it('names every operation as itself', () => {
    const wrong = examples.flatMap((example) => {
      const call = named(example);
      const name = nameOf(example);
      return call.name === name ? [] : [`${example.model.id} ${name} -> ${call.name} of ${call.possible.join(' ')}`];
    });
    expect(wrong).toEqual([]);
  });

  it('names it the same without a host, or cannot say which of two it is', () => {
    const wrong = examples
      .filter(({ model }) => !model.endpoint.startsWith('s3-'))
      .flatMap((example) => {
        const { possible } = named(example, false);
        const name = nameOf(example);
        return possible.includes(name) ? [] : [`${example.model.id} ${name} -> ${possible.join(' ')}`];
      });
    expect(wrong).toEqual([]);
  });

  it('names calls by CBOR and by the older query protocol too, where a service has come to another one', () => {
    const rpc = examples.filter(({ model }) => !model.protocol.startsWith('rest-'));
    for (const { signing, operation, model } of rpc) {
      const cbor = raw('POST', `/service/${model.target ?? 'Any'}/operation/${operation}`, {
        'smithy-protocol': 'rpc-v2-cbor',
        'content-type': 'application/cbor',
      });
      const query = raw('POST', '/', form);
      const body = Buffer.from(`Version=x&Action=${operation}`);
      const place = { endpoint: model.endpoint };
      const name = `${policyServiceOf(signing)}:${operation}`;
      expect(nameOperation(operations, { request: cbor, scope: scopeOf(signing), place }).name).toBe(name);
      expect(nameOperation(operations, { request: query, scope: scopeOf(signing), place, body }).name).toBe(name);
    }
  });

  it('knows the operations that give credentials, but for the one that nobody signs', () => {
    const known = new Set(examples.map(({ signing, operation }) => `${policyServiceOf(signing)}:${operation}`));
    expect(givingOperations().filter((name) => !known.has(name))).toEqual(['signin:CreateOAuth2Token']);
  });
});
