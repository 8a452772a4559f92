import { describe, expect, it } from 'vitest';
import { mediaTypeOf, shownPath, splitTarget, valuesOf } from './heads.ts';
import { readingOfS3, readingsOf } from './paths.ts';
import { decoded, parsePairs } from './percent.ts';
import { matchRoutes, parseRoute, withoutLast } from './route.ts';

// A route fits a request when path, query and headers have all that it asks for; of those that fit, one that is more exact in the path or
// asks for more than another wins, and where neither does, both stay: that is what ambiguous means.
const routes = [
  'GET /things ListThings',
  'GET /things/{id} GetThing',
  'GET /things/all GetAll',
  'GET /things/{id}?tags GetTags',
  'GET /things/{id}?notes GetNotes ?page',
  'POST /things/{id} Change',
  'POST /things/{id}?operation=add AddTo',
  'POST /things/{id}?operation=remove RemoveFrom',
  'PUT /things/{id} Put',
  'PUT /things/{id} Copy !x-source',
  'GET /files/{path+} GetFile',
  'GET /files/{path+}/versions ListVersions',
  'GET /files/{folder}/{name} GetInFolder',
  'GET /old Old ~',
  'GET /old New',
  'GET / GetRoot',
].map(parseRoute);

function fitting(method: string, path: string, query = '', headers: string[] = []): string[] {
  const segments = withoutLast(path.slice(1).split('/'));
  const request = { method, segments, query: parsePairs(query) ?? [], headers: new Set(headers) };
  return matchRoutes(routes, request).map(({ route }) => route.name);
}

describe('a route', () => {
  it('is read from its row', () => {
    expect(parseRoute('PUT /b/{Key+}?acl&v=2 PutIt ?id !x-a * ~')).toEqual({
      name: 'PutIt',
      method: 'PUT',
      segments: [{ literal: 'b' }, { variable: 'Key', greedy: true }],
      greedyAt: 1,
      literals: [
        ['acl', undefined],
        ['v', '2'],
      ],
      requiredQuery: ['id'],
      requiredHeaders: ['x-a'],
      content: true,
      deprecated: true,
    });
  });

  it.each<[string, string, string, string[], string?, string[]?]>([
    ['the root', 'GET', '/', ['GetRoot']],
    ['a literal before a variable', 'GET', '/things/all', ['GetAll']],
    ['a literal that is escaped', 'GET', '/things/a%6cl', ['GetAll']],
    ['a variable', 'GET', '/things/1', ['GetThing']],
    ['a slash at the end', 'GET', '/things/1/', ['GetThing']],
    ['a key of the query', 'GET', '/things/1', ['GetTags'], 'tags'],
    ['a key that is not enough', 'GET', '/things/1', ['GetThing'], 'notes'],
    ['keys that are enough', 'GET', '/things/1', ['GetNotes'], 'notes&page=1'],
    ['keys of two', 'GET', '/things/1', ['GetTags', 'GetNotes'], 'notes&page=1&tags'],
    ['a key with its value', 'POST', '/things/1', ['AddTo'], 'operation=add'],
    ['a key with another value', 'POST', '/things/1', ['Change'], 'operation=other'],
    ['a key with two values', 'POST', '/things/1', ['AddTo', 'RemoveFrom'], 'operation=add&operation=remove'],
    ['a header', 'PUT', '/things/1', ['Copy'], '', ['x-source']],
    ['a variable before a greedy one', 'GET', '/files/a/b', ['GetInFolder']],
    ['a greedy one of one', 'GET', '/files/a', ['GetFile']],
    ['a greedy one of many', 'GET', '/files/a/b/c', ['GetFile']],
    ['a greedy one with something behind', 'GET', '/files/a/b/versions', ['ListVersions']],
    ['a newer name before an older one', 'GET', '/old', ['New']],
    ['nothing of another method', 'DELETE', '/things/1', []],
    ['nothing without a variable', 'GET', '/things//x', []],
    ['nothing longer', 'GET', '/things/1/2', []],
  ])('fits by %s', (_, method, path, names, query, headers) => {
    expect(fitting(method, path, query, headers).sort()).toEqual([...names].sort());
  });

  it('gives its variables decoded', () => {
    const request = {
      method: 'GET',
      segments: ['files', 'a%2Fb', 'ü', 'c%20d'],
      query: [],
      headers: new Set<string>(),
    };
    expect(matchRoutes(routes, request)[0]?.variables).toEqual({ path: 'a/b/ü/c d' });
  });
});

describe('a path', () => {
  it('has one reading where clients write it', () => {
    expect(readingsOf('/a/b-c/d.e/')).toEqual([['a', 'b-c', 'd.e']]);
    expect(readingsOf('/')).toEqual([[]]);
    expect(readingsOf('/a/%C3%BC')).toHaveLength(1);
  });

  it('has several where services may differ', () => {
    expect(readingsOf('/a/b%2Fc')).toEqual([
      ['a', 'b%2Fc'],
      ['a', 'b', 'c'],
    ]);
    expect(readingsOf('/a/../b')).toContainEqual(['b']);
    expect(readingsOf('/a/%2e%2e/b')).toContainEqual(['b']);
    expect(readingsOf('/a//b')).toContainEqual(['a', 'b']);
    expect(readingsOf('/a%2F..%2Fb')).toContainEqual(['b']);
    expect(readingsOf('/%zz')).toEqual([]);
  });

  it('is bucket and key to S3, as they stand', () => {
    expect(readingOfS3('/', undefined)).toEqual([]);
    expect(readingOfS3('/', 'b')).toEqual(['b']);
    expect(readingOfS3('/b/', undefined)).toEqual(['b']);
    expect(readingOfS3('//k', 'b')).toEqual(['b', '', 'k']);
    expect(readingOfS3('/b/a/./c/', undefined)).toEqual(['b', 'a', '.', 'c', '']);
    for (const path of ['/b/..', '/b/a/../../c', '/b/%2E./c', '/b%2Fc', '/b%23/c', '/b%5C/c', '/../c', '/%zz'])
      expect(readingOfS3(path, undefined)).toBeUndefined();
  });
});

describe('the parts of a request', () => {
  it('are read without joining or guessing', () => {
    const headers = [
      ['Content-Type', 'Application/JSON; charset=utf-8'],
      ['X-A', ' 1 '],
      ['x-a', '2'],
    ] as const;
    expect(mediaTypeOf(headers)).toBe('application/json');
    expect(mediaTypeOf([...headers, ['content-type', 'application/x-www-form-urlencoded']])).toBe('');
    expect(valuesOf(headers, 'x-a')).toEqual(['1', '2']);
    expect(splitTarget('/a?b?c')).toEqual({ path: '/a', query: 'b?c' });
    expect(parsePairs('a=1&&b&c=x=y&d=%20+')).toEqual([
      ['a', '1'],
      ['b', ''],
      ['c', 'x=y'],
      ['d', '  '],
    ]);
    expect([parsePairs('%zz'), decoded('%ff'), decoded('%C3%BC')]).toEqual([undefined, undefined, 'ü']);
  });

  it('are shown without what a log must not have', () => {
    expect(shownPath('/a/b?secret=1')).toBe('/a/b');
    expect(shownPath('/a\r\nb\u00fc')).toBe('/a%0D%0Ab%FC');
    expect(shownPath(`/${'a'.repeat(5000)}`)).toHaveLength(1024);
  });
});
