/**
 * An administrator who would like to see a stored password points the computer at a host of their own, or the password
 * at a computer of their own. Whichever way they do it, nothing is sent there before another administrator has confirmed
 * it: their host does not see a single connection.
 */
import { valueIn } from '../db/testing/value-in.ts';
import type { Actor } from '../server/context.ts';
import { freePort } from '../server/demo/private-sshd.ts';
import type { ComputerId } from '../server/ids.ts';
import { ChangeComputerInputSchema, changeComputer } from '../server/inventory/change-computer.ts';
import { ConfirmTargetInputSchema, confirmTarget, listWaitingTargets } from '../server/inventory/confirm-target.ts';
import { CreateComputerInputSchema, createComputer } from '../server/inventory/create-computer.ts';
import { readListQuery } from '../server/protocol/list-query.ts';
import { suspensionSorts } from '../server/protocol/list-sorts.ts';
import { arrange, test as base, expect, type House, openHouse } from './test.ts';
import { newName } from './testbed/administration.ts';
import { Forwarder } from './testbed/forwarder.ts';
import { masterPasswordOf } from './testbed/opening.ts';

/** Where the attacker listens: targets that the gateway may dial, and that lead to a host which lets everybody in. */
type Attack = { attacker: Actor; hosts: { atPort: Forwarder; atServer: Forwarder } };

const otherServer = '127.0.0.3';

const test = base.extend<{ attack: Attack }, { house: House; attackPort: number }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures that are asked for
  attackPort: [async ({}, use) => use(await freePort()), { scope: 'worker' }],
  house: [
    async ({ attackPort }, use) => {
      const house = await openHouse({ allowTargets: [`127.0.0.1:${attackPort}`, otherServer] });
      await use(house);
      await house.close();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  attack: async ({ house, attackPort, later }, use) => {
    const { port } = house.hosts.open;
    const atPort = await Forwarder.open('127.0.0.1', attackPort, port);
    const atServer = await Forwarder.open(otherServer, port, port);
    later(() => atPort.close());
    later(() => atServer.close());
    await house.admin.pin({ ...house.hosts.open, port: attackPort });
    await house.admin.pin(house.hosts.open, otherServer);
    const person = await house.admin.person(['user', 'admin']);
    await masterPasswordOf(house.admin.ctx, person.id);
    const attacker = await (await house.visitor(person)).actor();
    await use({ attacker, hosts: { atPort, atServer } });
  },
});

/** What is stored of a computer, as the form that changes it would send it. */
async function fieldsOf({ admin }: House, computerId: ComputerId) {
  const [row] = await admin.ctx.connection.sql`select * from computers where id = ${computerId}`;
  const { name, description, mode, server, port, shared_credential_id: sharedCredentialId } = row ?? {};
  return { computerId, name, description, mode, server, port, sharedCredentialId };
}

async function change(house: House, actor: Actor, computerId: ComputerId, fields: object): Promise<void> {
  const input = ChangeComputerInputSchema.parse({ ...(await fieldsOf(house, computerId)), ...fields });
  valueIn(await changeComputer(house.admin.ctx, actor, input));
}

test('at another port: refused, until somebody else confirms', async ({ house, attack, attackPort }) => {
  const { person, computer } = await arrange(house);
  const { ctx, actor } = house.admin;
  await change(house, attack.attacker, computer.id, { port: attackPort });
  const visitor = await house.visitor(person);
  await expect(visitor.request(computer.guid)).rejects.toThrow('credential_suspended');

  const query = readListQuery({}, suspensionSorts);
  const { rows } = valueIn(await listWaitingTargets(ctx, attack.attacker, query));
  const waiting = rows.find(({ port }) => port === attackPort);
  const input = ConfirmTargetInputSchema.parse(waiting);
  expect(await confirmTarget(ctx, attack.attacker, input)).toMatchObject({ ok: false, code: 'conflict' });
  await expect(visitor.request(computer.guid)).rejects.toThrow('credential_suspended');
  expect(attack.hosts.atPort.connections).toBe(0);

  // The control: this host could have been reached all the time.
  valueIn(await confirmTarget(ctx, actor, input));
  const { terminal } = await visitor.open(computer.guid);
  expect(attack.hosts.atPort.connections).toBe(1);
  terminal.close();
  await terminal.ended();
});

test('at another server: refused', async ({ house, attack }) => {
  const { person, computer } = await arrange(house);
  await change(house, attack.attacker, computer.id, { server: otherServer });
  await expect((await house.visitor(person)).request(computer.guid)).rejects.toThrow('credential_suspended');
  expect(attack.hosts.atServer.connections).toBe(0);
});

test('by a further server: the session goes where it always went', async ({ house, attack }) => {
  const { person, computer } = await arrange(house);
  await change(house, attack.attacker, computer.id, { server2: otherServer, server3: '127.0.0.4' });
  const { terminal } = await (await house.visitor(person)).open(computer.guid);
  terminal.close();
  await terminal.ended();
  expect(attack.hosts.atServer.connections).toBe(0);
});

test('by a further server in the place of the first one', async ({ house, attack }) => {
  const { person, computer } = await arrange(house);
  const { server } = await fieldsOf(house, computer.id);
  await change(house, attack.attacker, computer.id, { server: otherServer, server2: server });
  const visitor = await house.visitor(person);
  const opened = await visitor.open(computer.guid).catch((error: unknown) => String(error));
  expect(attack.hosts.atServer.connections).toBe(0);
  if (typeof opened === 'string') return expect(opened).toContain('credential_suspended');
  opened.terminal.close();
  await opened.terminal.ended();
});

test('by a computer of their own that uses the same credential', async ({ house, attack, attackPort }) => {
  const { computer } = await arrange(house);
  const { ctx } = house.admin;
  const { sharedCredentialId } = await fieldsOf(house, computer.id);
  const own = CreateComputerInputSchema.parse({
    name: newName('Of the attacker'),
    mode: 'SSH',
    server: '127.0.0.1',
    port: attackPort,
    sharedCredentialId,
  });
  const { computerId, guid } = valueIn(await createComputer(ctx, attack.attacker, own));
  const [row] = await ctx.connection.sql`select suspended_why from credential_targets
    where credential_id = ${sharedCredentialId} and port = ${attackPort}`;
  expect(row).toMatchObject({ suspended_why: 'new_target' });
  const person = await house.admin.person();
  await house.admin.grant(person, { id: computerId, guid, name: own.name });
  await expect((await house.visitor(person)).request(guid)).rejects.toThrow('credential_suspended');
  expect(attack.hosts.atPort.connections).toBe(0);
});

test('and back again, as if nothing had been', async ({ house, attack, attackPort }) => {
  const { person, computer } = await arrange(house);
  const { port } = await fieldsOf(house, computer.id);
  await change(house, attack.attacker, computer.id, { port: attackPort });
  await change(house, attack.attacker, computer.id, { port });
  await change(house, attack.attacker, computer.id, { port: attackPort });
  await expect((await house.visitor(person)).request(computer.guid)).rejects.toThrow('credential_suspended');
  expect(attack.hosts.atPort.connections).toBe(0);
});
