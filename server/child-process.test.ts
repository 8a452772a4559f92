// Contract: a child starts when it is configured and says so; what cannot start says why in a sentence, or in the log;
// it ends with status 0 only when it was asked to and could; and it never stays longer than its supervisor or its time.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FromChild } from './supervise/child-messages.ts';

const program = join(import.meta.dirname, 'testing/child-program.ts');

type Run = { child: ChildProcess; exited: Promise<number | null>; messages: FromChild[]; output(): string };

function run(scenario: string, { rejections = 'exit' } = {}): Run {
  const child = fork(program, [rejections], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += String(chunk);
    });
  }
  const messages: FromChild[] = [];
  child.on('message', (message) => messages.push(message as FromChild));
  // Not 'close', which does not come after a disconnect: what was written last may still be on its way at 'exit'.
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  child.send({ type: 'config', config: { listen: scenario, logLevel: 'info' } });
  return { child, exited, messages, output: () => output };
}

async function ready(scenario: string, options?: { rejections: string }): Promise<Run> {
  const running = run(scenario, options);
  await once(running.child, 'message');
  return running;
}

describe('starting', () => {
  it('ends in `ready` with the port, and learns of the children', async () => {
    const { child, messages, output, exited } = await ready('fine');
    expect(messages).toEqual([{ type: 'ready', port: 4711 }]);
    child.send({ type: 'children', children: [{ name: 'portal' }, { name: 'gateway' }] });
    await expect.poll(output).toContain('children portal,gateway');
    child.send({ type: 'stop' });
    expect(await exited).toBe(0);
  });

  it('that fails for a reason says it, and ends', async () => {
    const { exited, messages } = run('problem');
    expect(await exited).toBe(1);
    expect(messages).toEqual([{ type: 'failed', problem: 'Please do this.' }]);
  });

  it('that breaks is in the log, and ends', async () => {
    const { exited, messages, output } = run('throws');
    expect(await exited).toBe(1);
    expect(messages).toEqual([]);
    await expect.poll(output).toContain('broken while starting');
  });

  it('by hand is refused with what to do instead', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', program], { stdio: ['ignore', 'ignore', 'pipe'] });
    const [text] = await once(child.stderr, 'data');
    expect(String(text)).toContain('npm start');
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(1);
  });
});

describe('stopping', () => {
  it.each<[string, (child: ChildProcess) => void]>([
    ['a message', (child) => child.send({ type: 'stop' })],
    ['SIGTERM', (child) => child.kill('SIGTERM')],
    ['SIGINT', (child) => child.kill('SIGINT')],
    ['the end of the supervisor', (child) => child.disconnect()],
  ])('by %s is in order', async (_title, stop) => {
    const { child, exited, output } = await ready('fine');
    stop(child);
    expect(await exited).toBe(0);
    await expect.poll(output).toContain('stopping');
  });

  it('waits for a start that is under way', async () => {
    const { child, exited, output } = run('slow start');
    child.send({ type: 'stop' });
    expect(await exited).toBe(0);
    await expect.poll(output).toContain('stopping');
  });

  it.each(['hangs', 'stop throws'])('that %s ends all the same, and not as if all were well', async (scenario) => {
    const { child, exited } = await ready(scenario);
    child.send({ type: 'stop' });
    expect(await exited).toBe(1);
  });
});

describe('what nobody expected', () => {
  it('in a program that gives up, ends it in order but not with 0', async () => {
    const { exited, output } = await ready('gives up');
    expect(await exited).toBe(1);
    await expect.poll(output).toContain('cannot go on');
    await expect.poll(output).toContain('stopping');
  });

  it('an exception is written down and ends the process', async () => {
    const { exited, output } = await ready('exception');
    expect(await exited).toBe(1);
    await expect.poll(output).toContain('nobody expected');
  });

  it('a rejection ends the gateway, and is only written down in the portal', async () => {
    const strict = await ready('rejection');
    expect(await strict.exited).toBe(1);
    const lenient = await ready('rejection', { rejections: 'log' });
    await expect.poll(lenient.output).toContain('nobody awaited');
    lenient.child.send({ type: 'stop' });
    expect(await lenient.exited).toBe(0);
  });
});
