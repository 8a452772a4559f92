/*
 * The key of an unlock is in a cookie that no script reads, that ends with the browser, and that over https no sibling
 * host can plant: then only the `__Host-` name counts, which browsers take with Secure, for this host and all its paths.
 */
import { describe, expect, test } from 'vitest';
import { readUnlockCookie, unlockCookieName, unlockCookieOptions } from './unlock-cookie.ts';

const key = 'A'.repeat(43);
const https = 'https://gate.example';
const http = 'http://localhost:3000';

describe('setting it', () => {
  test.each([http, https])('for %s: HttpOnly, for the browser session, not from other sites', (url) => {
    const options = unlockCookieOptions(url);
    expect(options).toEqual({ httpOnly: true, sameSite: 'lax', path: '/', secure: url === https });
  });

  test('over https it is bound to this very host', () => {
    expect(unlockCookieName(https)).toBe('__Host-sallyport.unlock');
    expect(unlockCookieName(http)).toBe('sallyport.unlock');
    expect(unlockCookieOptions(https)).not.toHaveProperty('domain');
  });
});

describe('reading it', () => {
  test.each([
    [https, `a=b; __Host-sallyport.unlock=${key}`, key],
    [https, `sallyport.unlock=${key}`, undefined],
    [http, `sallyport.unlock=${key}; theme=dark`, key],
    [http, `xsallyport.unlock=${key}`, undefined],
    [http, '', undefined],
    [http, undefined, undefined],
  ])('%s, %s', (url, header, found) => {
    expect(readUnlockCookie(header, url)).toBe(found);
  });
});
