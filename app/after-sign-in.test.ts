// Contract: everybody passes the step of the master password, with where they wanted to go; a link to that very place
// keeps its token, and no token is carried anywhere else.
import { expect, it } from 'vitest';
import { pageAfterSignIn } from './after-sign-in.ts';

it.each([
  ['/', '', '/master-password'],
  ['/sessions?state=active', '', '/master-password?next=%2Fsessions%3Fstate%3Dactive'],
  ['/people', '#token=secret', '/master-password?next=%2Fpeople'],
  ['/master-password/reset', '#token=secret', '/master-password/reset#token=secret'],
])('%s with %o: %s', (destination, hash, page) => {
  expect(pageAfterSignIn(destination, hash)).toBe(page);
});
