/**
 * Processes die without a word. The gateway is killed twenty times while sessions run: each time they are ended as
 * crashed, their recordings are sealed, proven whole, and hold everything that their person had on the screen a second
 * before. Without the portal, sessions go on. Without the supervisor, nothing goes on.
 */
import { join } from 'node:path';
import { outputIn } from '../server/recording/testing/test-store.ts';
import { untilGone } from './stack.ts';
import { expect, type House, openHouse, test } from './test.ts';
import { sha256, untilEnded } from './testbed/evidence.ts';

const kills = { stacks: 5, perStack: 4 };
/** A line every few milliseconds, and bursts of some megabytes a second beside it. */
const busy = {
  ticking: 'i=0; while :; do echo tick-$((i+=1)); sleep 0.01; done',
  bursting: 'while :; do head -c 150000 /dev/zero | tr "\\0" x; echo; sleep 0.05; done',
};

test.describe(() => {
  test.describe.configure({ mode: 'parallel', timeout: 120_000 });

  for (let stack = 1; stack <= kills.stacks; stack += 1) {
    test(`the gateway is killed ${kills.perStack} times in a row, ${stack} of ${kills.stacks}`, async ({ later }) => {
      const house = await openHouse();
      later(() => house.close());
      const computer = await house.admin.computer(house.hosts.open);
      const person = await house.admin.person();
      await house.admin.grant(person, computer);
      const visitor = await house.visitor(person);
      for (let kill = 1; kill <= kills.perStack; kill += 1) {
        await test.step(`kill ${kill}`, () => killOnce(house, () => visitor.open(computer.guid)));
      }
    });
  }

  test('the portal is killed: a live session does not notice, and the portal comes back', async ({ later }) => {
    const house = await openHouse();
    later(() => house.close());
    const { admin, stack } = house;
    const computer = await admin.computer(house.hosts.open);
    const person = await admin.person();
    await admin.grant(person, computer);
    const { terminal } = await (await house.visitor(person)).open(computer.guid);
    const gateway = await stack.childPid('gateway');

    await stack.kill9('portal');
    for (let round = 1; round <= 5; round += 1) {
      terminal.type(`echo alone-$((${round} * 1000))\n`);
      await terminal.saw(`alone-${round * 1000}`);
    }
    await expect
      .poll(async () => (await stack.health()).children)
      .toEqual(
        expect.arrayContaining([
          { name: 'portal', state: 'ready', restarts: 1 },
          { name: 'gateway', state: 'ready', restarts: 0 },
        ]),
      );
    expect(await stack.childPid('gateway')).toBe(gateway);
    expect((await fetch(`${stack.baseUrl}/sign-in`)).status).toBe(200);
    terminal.type('echo still-$((6 * 7))\n');
    await terminal.saw('still-42');
    expect(terminal.controls.filter(({ type }) => type === 'ended')).toEqual([]);
    terminal.close();
    await terminal.ended();
  });

  test('the supervisor is killed: nothing goes on', async ({ later }) => {
    const house = await openHouse();
    later(() => house.close());
    const { admin, stack } = house;
    const computer = house.stack.demo.computers.find(({ name }) => name === 'Build server');
    const visitor = await house.visitor(house.login('user'));
    const { terminal } = await visitor.open(computer?.guid ?? '');
    const processes = await stack.processes();
    const commands = processes.map(({ command }) => command).join('\n');
    for (const name of ['gateway.js', 'portal-server.js', 'postgres', 'sshd']) expect(commands).toContain(name);

    await admin.ctx.connection.close();
    await stack.killSupervisor();
    await untilGone(processes);
    await terminal.closed;
    await expect(fetch(stack.baseUrl)).rejects.toThrow();
  });
});

async function killOnce({ admin, stack }: House, open: () => ReturnType<Visitor['open']>): Promise<void> {
  const sessions = await Promise.all(
    Object.values(busy).map(async (command) => {
      const session = await open();
      session.terminal.type(`${command}\n`);
      return session;
    }),
  );
  const [ticking] = sessions;
  await ticking?.terminal.saw('tick-120');
  // On a busy machine all of it may have come just now: each has something that a second ago was there already.
  for (const { terminal } of sessions)
    await expect.poll(() => terminal.receivedBefore(performance.now() - 1_000)).toBeGreaterThan(0);
  const killedAt = performance.now();
  await stack.kill9('gateway');
  await Promise.all(sessions.map(({ terminal }) => terminal.closed));
  await stack.untilReady();

  for (const { sessionId, terminal } of sessions) {
    const seen = await untilEnded(admin.ctx, sessionId);
    expect(seen).toMatchObject({ end_reason: 'crashed', recording: 'sealed', seal_reason: 'crash' });
    const kept = await outputIn(join(stack.recordingsDir, seen.path ?? ''));
    const owed = terminal.output().subarray(0, terminal.receivedBefore(killedAt - 1_000));
    expect(owed.length).toBeGreaterThan(0);
    expect(kept.length).toBeGreaterThanOrEqual(owed.length);
    expect(sha256(kept.subarray(0, owed.length))).toBe(sha256(owed));
    const { status, text } = await stack.verify(sessionId);
    expect(text).toContain('sealed as "crash"');
    expect({ status, text }).toMatchObject({ status: 0, text: expect.stringContaining('intact') });
  }
}

type Visitor = Awaited<ReturnType<House['visitor']>>;
