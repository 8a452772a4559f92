// Contract: the portal has one context per process, made from the configuration that its entry point left; without one
// it says what is wrong, and a failure is not kept.

import { afterEach, expect, it } from 'vitest';
import { testDatabase } from '../db/testing/database.ts';
import { portalContext, publicUrl } from './portal.ts';

const configKey = Symbol.for('sallyport.config');
const contextKey = Symbol.for('sallyport.portal-context');

afterEach(() => {
  Reflect.deleteProperty(globalThis, configKey);
  Reflect.deleteProperty(globalThis, contextKey);
});

it('says what is wrong without a configuration', async () => {
  expect(() => publicUrl()).toThrow('portal-server.ts');
  await expect(portalContext()).rejects.toThrow('portal-server.ts');
});

it('does not keep a failure', async () => {
  Object.assign(globalThis, {
    [configKey]: { keyringPath: '/nowhere/keyring.json', publicUrl: 'http://localhost:3000' },
  });
  await expect(portalContext()).rejects.toThrow();
  expect(Reflect.has(globalThis, contextKey)).toBe(false);
  expect(publicUrl()).toBe('http://localhost:3000');
});

it('hands out the one that is there', async () => {
  const database = await testDatabase();
  const context = Promise.resolve(database.context());
  Object.assign(globalThis, { [contextKey]: context });
  expect(await portalContext()).toBe(await context);
  await database.close();
});
