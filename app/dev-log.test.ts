/**
 * Contract: while it is developed, Next prints each server action with its arguments, and some of ours take passwords. Ours
 * prints none.
 */
import { PHASE_DEVELOPMENT_SERVER } from 'next/constants.js';
import loadConfig from 'next/dist/server/config.js';
import { expect, test } from 'vitest';

test('arguments of server actions are not printed', async () => {
  const load = 'default' in loadConfig ? (loadConfig.default as unknown as typeof loadConfig) : loadConfig;
  const { logging } = await load(PHASE_DEVELOPMENT_SERVER, process.cwd(), { silent: true });
  expect(logging).toMatchObject({ serverFunctions: false });
});
