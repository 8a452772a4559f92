// Contract: whatever `next` a link carries, sign-in leads to a page of this very origin. A path that is ours is kept with
// its query and fragment; anything a browser could read as another place leads to the shop.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localPath } from './local-path.ts';

describe('a path of ours', () => {
  it.each(['/', '/sessions', '/sessions/1?part=typescript#t=12', '/grants?q=a%2Fb', '/a//b', '/%2F%2Fhost'])(
    'is kept: %s',
    (path) => {
      expect(localPath(path)).toBe(path);
    },
  );

  it('loses the mark that Next puts on requests for parts of a page', () => {
    expect(localPath('/sessions?state=active&_rsc=1x9z')).toBe('/sessions?state=active');
    expect(localPath('/sessions?_rsc=1x9z')).toBe('/sessions');
  });
});

describe('anything else', () => {
  it.each([
    undefined,
    null,
    '',
    'sessions',
    'https://evil.example/',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    ' //evil.example',
    '/..//evil.example',
    '/x/..//evil.example',
    '/./\\evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '/\u0000',
    '/\u007f/x',
  ])('leads to the shop: %j', (next) => {
    expect(localPath(next)).toBe('/');
  });

  it.each(['/sign-in', '/sign-in?next=/sign-in', '/set-up', '/api/auth/signout', '/x/../api/health'])(
    'as does a door that would lead in circles: %s',
    (next) => {
      expect(localPath(next)).toBe('/');
    },
  );
});

it('never leads to another origin, whatever it is given', () => {
  const hostile = fc
    .array(
      fc.constantFrom('/', '\\', '.', '..', ':', '@', '?', '#', '%2f', '%5c', '\t', '\n', 'evil.example', 'https', ' '),
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(hostile, fc.string(), fc.webUrl(), fc.webPath()), (next) => {
      const path = localPath(next);
      expect(path.startsWith('/')).toBe(true);
      expect(new URL(path, 'http://localhost:3000').origin).toBe('http://localhost:3000');
    }),
    { numRuns: 2000 },
  );
});
