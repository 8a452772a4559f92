/**
 * The keyring of a running installation. Its system key is replaced while a shell is open: the shell does not notice, and
 * a shared credential opens sessions before, during and after it, also when the command is killed in the middle and when
 * processes are started anew. A keyring that AWS KMS seals serves the same, and is nothing without KMS.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { standInCredentials, standInRegion, startStandInKms } from '../server/aws/testing/stand-in-kms.ts';
import { systemKeyIds } from '../server/vault/keyring.ts';
import { arrange, expect, type House, openHouse, test } from './test.ts';

test.describe.configure({ timeout: 180_000 });

/** A session of this visitor's opens, and what is typed there runs. */
async function works(visitor: Awaited<ReturnType<House['visitor']>>, guid: string): Promise<void> {
  const { terminal } = await visitor.open(guid);
  terminal.type('echo works-$((6 * 7))\n');
  await terminal.saw('works-42');
  terminal.close();
  await terminal.ended();
}

const kinds = async ({ admin }: House) =>
  (
    await admin.ctx.connection.sql<
      { kind: string }[]
    >`select kind from audit_events where kind like 'keyring.%' order by at`
  ).map(({ kind }) => kind);

test('is rotated while a shell is open, and goes on where it was killed', async ({ later }) => {
  const house = await openHouse();
  later(() => house.close());
  const { admin, stack } = house;
  const { person, computer } = await arrange(house);
  const visitor = await house.visitor(person);
  const before = admin.ctx.keyring.system.id;

  const killed = await stack.keyring('rotate', /is what seals/);
  expect(killed.status).toBeNull();
  expect(killed.text).toMatch(/Every running process has read it: .*gateway.*portal.*supervisor/);
  expect((await stack.keyring('status')).text).toContain('A rotation is not at its end');
  await works(visitor, computer.guid);
  await stack.kill9('gateway');
  await stack.untilReady();
  await works(visitor, computer.guid);

  const again = await stack.keyring('rotate');
  expect(again.text).toContain('Going on with the rotation that was begun before.');
  expect(again).toMatchObject({ status: 0, text: expect.stringContaining(`now need ${before}`) });
  await expect.poll(() => systemKeyIds(admin.ctx.keyring)).not.toContain(before);
  await works(visitor, computer.guid);
  const status = await stack.keyring('status');
  expect(status.status).toBe(0);
  expect(status.text).toMatch(/Runs with it: .*gateway.*portal.*supervisor\./);
  expect(await kinds(house)).toEqual(['keyring.key_added', 'keyring.key_in_use', 'keyring.key_retired']);
});

test('is rotated in one go, and an open shell does not notice', async ({ later }) => {
  const house = await openHouse();
  later(() => house.close());
  const { person, computer } = await arrange(house);
  const visitor = await house.visitor(person);
  const { terminal } = await visitor.open(computer.guid);
  let isOver = false;
  const rotating = house.stack.keyring('rotate').finally(() => {
    isOver = true;
  });
  let rounds = 0;
  for (; !isOver; rounds += 1) {
    terminal.type(`echo round-$((${rounds} + 1000))\n`);
    await terminal.saw(`round-${rounds + 1000}`);
    await works(visitor, computer.guid);
  }
  expect(await rotating).toMatchObject({ status: 0 });
  expect(rounds).toBeGreaterThan(2);
  expect(terminal.controls.filter(({ type }) => type === 'ended')).toEqual([]);
  terminal.close();
  await terminal.ended();
  await works(visitor, computer.guid);
});

test('is sealed by AWS KMS: started, rotated and started again with it, and not without', async ({ later }) => {
  const kms = await startStandInKms();
  later(async () => kms[Symbol.asyncDispose]());
  const credentials = {
    AWS_ACCESS_KEY_ID: standInCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: standInCredentials.secretAccessKey,
  };
  Object.assign(process.env, credentials);
  const keyringKms = { keyId: kms.keyId, region: standInRegion, endpoint: kms.endpoint };
  const house = await openHouse({ keyringKms, env: credentials });
  later(() => house.close());
  const { stack, admin } = house;
  const { person, computer } = await arrange(house);
  const visitor = await house.visitor(person);
  await works(visitor, computer.guid);
  const text = await readFile(join(stack.dataDir, 'keyring.json'), 'utf8');
  expect(text).toContain(kms.keyId);
  expect(text).not.toContain(admin.ctx.keyring.authSecret);

  expect(await stack.keyring('rotate')).toMatchObject({ status: 0 });
  await works(visitor, computer.guid);
  await stack.kill9('gateway');
  await stack.untilReady();
  await works(visitor, computer.guid);
  kms.disable(kms.keyId);
  const refused = await stack.keyring('status');
  expect(refused.text).toContain('its KMS key is disabled');
  expect(refused.status).toBe(2);
});
