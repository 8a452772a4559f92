/**
 * The scripts that stand before everything else: one run at a time prepares a clone, a run that was killed holds nobody
 * up, and a runner that dies before it counts has failed whatever it printed.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const dir = mkdtempSync(join(tmpdir(), 'sp-scripts-'));
const scripts = JSON.stringify(import.meta.dirname);
afterAll(() => rmSync(dir, { recursive: true }));

function node(source: string): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '-e', source], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe('the lock of a clone', () => {
  const lock = join(dir, '.build', 'prepare.lock');
  const held = (work: string) => `import { appendFileSync } from 'node:fs';
    const { alone } = await import(${scripts} + '/clone-lock.mjs');
    await alone(async () => { ${work} });`;

  it('lets one in at a time', async () => {
    const log = join(dir, 'log');
    const work = `appendFileSync('log', 'in '); await new Promise((r) => setTimeout(r, 60)); appendFileSync('log', 'out ');`;
    await Promise.all([1, 2, 3].map(() => once(node(held(work)), 'exit')));
    expect(readFileSync(log, 'utf8')).toBe('in out in out in out ');
    expect(existsSync(lock)).toBe(false);
  });

  it('is taken over from a run that was killed', async () => {
    const first = node(held(`console.log('in'); await new Promise((r) => setTimeout(r, 60_000));`));
    await once(first.stdout as NodeJS.ReadableStream, 'data');
    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(existsSync(lock)).toBe(true);
    const [code] = await once(node(held('')), 'exit');
    expect(code).toBe(0);
  });

  it('goes to one at a time when many find it stale', async () => {
    mkdirSync(join(dir, '.build'), { recursive: true });
    writeFileSync(lock, '4194305 1');
    rmSync(join(dir, 'log'), { force: true });
    const work = `appendFileSync('log', 'in '); await new Promise((r) => setTimeout(r, 20)); appendFileSync('log', 'out ');`;
    await Promise.all(Array.from({ length: 8 }, () => once(node(held(work)), 'exit')));
    expect(readFileSync(join(dir, 'log'), 'utf8')).toBe('in out '.repeat(8));
    expect(readdirSync(join(dir, '.build'))).toEqual([]);
  });

  it('is let go when the work ends the process', async () => {
    await once(node(held('process.exit(3);')), 'exit');
    expect(existsSync(lock)).toBe(false);
  });
});

describe('counting', () => {
  function count(runner: string): { passed: number; failed: number; skipped: number } {
    mkdirSync(join(dir, 'runners'), { recursive: true });
    writeFileSync(join(dir, 'runners', 'one.mjs'), runner);
    const source = `const { runCounted } = await import(${scripts} + '/run-counted.mjs');
      console.log('\\n' + JSON.stringify(await runCounted('runners/one.mjs')));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
      cwd: dir,
      encoding: 'utf8',
    });
    return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  }

  it.each([
    ['the closing line', `console.log('x\\ncheck: 3 passed, 0 failed')`, { passed: 3, failed: 0, skipped: 0 }],
    [
      'skipped ones',
      `console.log('e2e: 3 passed, 1 failed, 2 skipped'); process.exitCode = 1`,
      { passed: 3, failed: 1, skipped: 2 },
    ],
    ['a runner without counts as failed', `console.log('all is well')`, { passed: 0, failed: 1, skipped: 0 }],
    [
      'a runner that fails in spite of its counts',
      `console.log('check: 3 passed, 0 failed'); process.exitCode = 1`,
      { passed: 3, failed: 1, skipped: 0 },
    ],
    [
      'a runner that was killed',
      `console.log('check: 3 passed, 0 failed'); process.kill(process.pid, 'SIGKILL')`,
      { passed: 3, failed: 1, skipped: 0 },
    ],
    [
      'only the last line',
      `console.log('check: 9 passed, 0 failed\\nlater words')`,
      { passed: 0, failed: 1, skipped: 0 },
    ],
  ])('takes %s', (_what, runner, expected) => {
    expect(count(runner)).toEqual(expected);
  });
});
