import { describe, expect, it } from 'vitest';
import { generate } from './generate-aws-operations.mjs';

// The tables are made from models by rule: the same models give the same text, and what a model says of a request, of secrets and of
// hosts is in them. The models here are small and our own.
const models = [
  {
    id: 'alpha-2020-01-01',
    metadata: { endpointPrefix: 'alpha', protocol: 'rest-json', signingName: 'greek' },
    operations: {
      PutThing: {
        http: { method: 'PUT', requestUri: '/things/{id}?mode=full' },
        deprecated: true,
        endpoint: { hostPrefix: 'data.' },
        input: {
          type: 'structure',
          required: ['id', 'mode', 'Tag', 'Owner'],
          members: {
            id: { location: 'uri', locationName: 'id' },
            mode: { location: 'querystring', locationName: 'mode' },
            Tag: { location: 'querystring', locationName: 'tag' },
            Owner: { location: 'header', locationName: 'X-Owner' },
            Nested: { shape: 'Tree' },
            Body: { type: 'blob' },
          },
          payload: 'Body',
        },
      },
      GetRoot: { http: { method: 'GET', requestUri: '/' } },
    },
    // A shape that holds itself, with secrets in a list, in a map, and behind a reference.
    shapes: {
      Tree: {
        type: 'structure',
        members: {
          Children: { type: 'list', member: { shape: 'Tree' } },
          Keys: { type: 'list', member: { shape: 'Secret' } },
          Vars: { type: 'map', key: {}, value: { shape: 'Secret' } },
          Pin: { locationName: 'pinCode', shape: 'Secret' },
          Plain: {},
        },
      },
      Secret: { type: 'string', sensitive: true },
    },
  },
  {
    id: 'beta-2020-01-01',
    metadata: { endpointPrefix: 'api.beta', protocol: 'json', targetPrefix: 'Beta_1' },
    operations: { List: {}, Add: { endpoint: { hostPrefix: '{Account}.' } } },
  },
];

describe('the generator', () => {
  it('writes the same text for the same models, which is JSON of one line for each service', () => {
    const files = generate(models);
    expect(generate(structuredClone(models))).toEqual(files);
    for (const text of Object.values(files)) expect(() => JSON.parse(text)).not.toThrow();
    const operations = files['server/aws/operations/operations.generated.json'];
    expect(operations?.split('\n').filter((line) => line.startsWith('{"id"'))).toHaveLength(2);
  });

  it('says what makes a request an operation', () => {
    const { about, services } = JSON.parse(generate(models)['server/aws/operations/operations.generated.json']);
    expect(about).toMatchObject({ services: 2, operations: 4, licence: 'Apache-2.0' });
    expect(services).toEqual([
      {
        id: 'alpha-2020-01-01',
        signing: 'greek',
        endpoint: 'alpha',
        protocol: 'rest-json',
        routes: ['GET / GetRoot', 'PUT /things/{id}?mode=full PutThing ?tag !x-owner * ~'],
      },
      {
        id: 'beta-2020-01-01',
        signing: 'api.beta',
        endpoint: 'api.beta',
        protocol: 'json',
        target: 'Beta_1',
        names: 'Add List',
      },
    ]);
  });

  it('finds what is sensitive at any depth, by every name it is written under', () => {
    const { services } = JSON.parse(generate(models)['server/aws/operations/sensitive.generated.json']);
    expect(services).toEqual({ 'alpha-2020-01-01': { PutThing: 'Keys Pin Vars pinCode' } });
  });

  it('lists the hosts, without those that a caller fills in', () => {
    const { endpoints } = JSON.parse(generate(models)['server/aws/endpoints/endpoints.generated.json']);
    expect(endpoints).toEqual({
      alpha: { signing: ['greek'], prefixes: ['data.'] },
      'api.beta': { signing: ['api.beta'] },
    });
  });
});
