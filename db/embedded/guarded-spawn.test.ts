/**
 * A guarded program lives no longer than the process that started it: it ends when asked, when it does not want to,
 * and when its parent is killed without a chance to say goodbye. It starts as any program does: signals not ignored,
 * no input, no pipe of its parent left open in it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, expect, it } from 'vitest';
import { guardedSpawn } from './guarded-spawn.ts';
import { startOf } from './process-lock.ts';

const parents: ChildProcess[] = [];
afterEach(() => {
  for (const parent of parents.splice(0)) parent.kill('SIGKILL');
});

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  const [line] = (await once(createInterface(stream), 'line')) as [string];
  return line;
}

async function gone(pid: number): Promise<void> {
  await expect.poll(() => startOf(pid), { timeout: 8_000, interval: 20 }).toBeUndefined();
}

/** A process of its own that guards `script` and prints the id of the shell that runs it. */
async function startParent(script: string, graceMs: number): Promise<{ parent: ChildProcess; pid: number }> {
  const module = JSON.stringify(new URL('./guarded-spawn.ts', import.meta.url).href);
  const source = `import { guardedSpawn } from ${module};
    const { process: child } = guardedSpawn('sh', ['-c', ${JSON.stringify(script)}], { graceMs: ${graceMs} });
    child.stdout.once('data', () => console.log(child.pid));`;
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  parents.push(parent);
  return { parent, pid: Number(await firstLine(parent.stdout as NodeJS.ReadableStream)) };
}

it('ends the program when asked, and reports how it ended', async () => {
  const { process: child, exited, stop } = guardedSpawn('sleep', ['60']);
  const pid = child.pid as number;
  await stop();
  expect(await exited).toBe(128);
  expect(await startOf(pid)).toBeUndefined();
  await stop();
});

it('passes on what the program prints and its status', async () => {
  const { process: child, exited } = guardedSpawn('sh', ['-c', 'echo out; echo err >&2; exit 7']);
  expect(await Promise.all([firstLine(child.stdout), firstLine(child.stderr)])).toEqual(['out', 'err']);
  expect(await exited).toBe(7);
});

it('reports a program that is not there as a shell does', async () => {
  const { exited } = guardedSpawn('/nowhere/at-all', []);
  expect(await exited).toBe(127);
});

it('passes arguments through untouched, whatever a shell would make of them', async () => {
  const strange = '$(id) `id` "; \' * \\ \n end';
  const { process: child, exited } = guardedSpawn('printf', ['%s', strange]);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await exited;
  await expect.poll(() => text).toBe(strange);
});

it('kills a program that will not stop once its grace is over', async () => {
  const { process: child, stop } = guardedSpawn('sh', ['-c', "trap '' TERM; echo up; while :; do sleep 0.05; done"], {
    graceMs: 200,
  });
  await firstLine(child.stdout);
  await stop();
  expect(await startOf(child.pid as number)).toBeUndefined();
});

it('leaves Ctrl-C to the program: SIGINT and SIGQUIT are not ignored', async () => {
  const { process: child } = guardedSpawn('sh', ['-c', 'grep SigIgn /proc/self/status']);
  const ignored = Number.parseInt((await firstLine(child.stdout)).split(/\s+/)[1] ?? '', 16);
  expect(ignored & 0b110).toBe(0); // Bits of signals 2 and 3.
});

const numbers = (paths: string[]) => paths.slice(1).map((path) => path.split('/').at(-1));

it('gives the program no input and nothing of the pipe', async () => {
  const script = 'readlink /proc/$$/fd/0; for fd in /proc/$$/fd/*; do [ -e "$fd" ] && echo "$fd"; done';
  const { process: child } = guardedSpawn('sh', ['-c', script]);
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) lines.push(line);
  expect(lines[0]).toBe('/dev/null');
  // Whoever started this run may have left descriptors open to everybody; the guard must add none.
  const plain = spawnSync('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  expect(numbers(lines)).toEqual(numbers(plain.stdout.trim().split('\n')));
});

it('leaves nothing of itself behind when the program ends first', async () => {
  const { process: child, exited } = guardedSpawn('true', []);
  await exited;
  // The watcher holds the read end of the pipe; once it has gone, the pipe closes.
  if (!child.stdin.destroyed) await once(child.stdin, 'close');
});

it('stops the program when its parent is killed', async () => {
  const { parent, pid } = await startParent('echo up; exec sleep 60', 5_000);
  expect(await startOf(pid)).toBeDefined();
  parent.kill('SIGKILL');
  await gone(pid);
});

it('kills the program when its parent is killed and it will not stop', async () => {
  const { parent, pid } = await startParent("trap '' TERM INT HUP; echo up; while :; do sleep 0.05; done", 300);
  parent.kill('SIGKILL');
  await gone(pid);
});
