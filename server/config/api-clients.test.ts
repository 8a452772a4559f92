// Contract: what API_CLIENTS names is client credentials by origin, and nothing else. What is wrong with it is said with
// the place and without anything that stands there; what could be understood in two ways is refused.
import { describe, expect, it } from 'vitest';
import { parseApiClients } from './api-clients.ts';
import { ConfigError } from './command-line.ts';

const path = '/etc/sallyport/api-clients.json';
const secret = 's3cret-of-the-client';
const client = { clientId: 'sallyport', clientSecret: secret };
const parse = (value: unknown) => parseApiClients(JSON.stringify(value), path);

function problemOf(text: string): string {
  try {
    parseApiClients(text, path);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('It was taken.');
}

describe('the clients of identity APIs', () => {
  it('are known by origin, with the usual place of tokens unless another is named', () => {
    const clients = parse({
      'https://ids.example': client,
      'https://other.example:8443/': { ...client, tokenPath: '/token' },
    });
    expect([...clients]).toEqual([
      ['https://ids.example', { ...client, tokenPath: '/oauth/v2/token' }],
      ['https://other.example:8443', { ...client, tokenPath: '/token' }],
    ]);
    expect(parse({}).size).toBe(0);
  });

  it('are found however the origin is written', () => {
    expect(parse({ 'HTTPS://IDS.Example:443': client }).get('https://ids.example')).toMatchObject(client);
  });

  it.each([
    ['a path', 'https://ids.example/api'],
    ['a query', 'https://ids.example/?x'],
    ['a user', 'https://me:pass@ids.example'],
    ['plain http', 'http://ids.example'],
    ['another scheme', 'file:///etc/passwd'],
    ['no URL', 'ids.example'],
  ])('are not those of an address with %s', (_, address) => {
    const problem = problemOf(JSON.stringify({ [address]: client }));
    expect(problem).toContain(path);
    expect(problem).not.toContain(secret);
    expect(problem).not.toContain('pass@');
  });

  it('are not two for one origin', () => {
    const problem = problemOf(JSON.stringify({ 'https://ids.example': client, 'https://IDS.example/': client }));
    expect(problem).toContain('https://ids.example');
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a list', [client]],
    ['a text', 'https://ids.example'],
    ['no id', { 'https://ids.example': { clientSecret: secret } }],
    ['no secret', { 'https://ids.example': { clientId: 'sallyport' } }],
    ['an empty secret', { 'https://ids.example': { clientId: 'sallyport', clientSecret: '' } }],
    ['a secret that is no text', { 'https://ids.example': { clientId: 'sallyport', clientSecret: [secret] } }],
    ['a token path elsewhere', { 'https://ids.example': { ...client, tokenPath: 'https://evil.example/' } }],
    ['a token path on another host', { 'https://ids.example': { ...client, tokenPath: '//evil.example/' } }],
    ['a token path that breaks its line', { 'https://ids.example': { ...client, tokenPath: '/a\r\nx: y' } }],
    ['a name that nobody knows', { 'https://ids.example': { ...client, clientSecrets: secret } }],
    ['a client without an origin', client],
  ])('are not %s, and what is wrong is said without a secret', (_, value) => {
    const problem = problemOf(JSON.stringify(value));
    expect(problem).toContain('API_CLIENTS');
    expect(problem).not.toContain(secret);
  });

  it.each(['', '{', 'clientSecret: x', `{"https://ids.example": {"clientSecret": "${secret}"`])(
    'are JSON, which %j is not',
    (text) => {
      const problem = problemOf(text);
      expect(problem).toBe(`${path} (API_CLIENTS) is not JSON. Please correct it.`);
    },
  );
});
