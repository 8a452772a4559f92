import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const rootDir = join(import.meta.dirname, '../..');

/** A command of the built program beside `npm start`, with what somebody writes to its input. */
export async function runCommand(
  name: 'backup-command' | 'restore-command' | 'rescue-command' | 'drain-command' | 'verify',
  args: readonly string[],
  input = '',
): Promise<{ status: number | null; text: string }> {
  const program = spawn(process.execPath, [join('dist', `${name}.js`), ...args], {
    cwd: rootDir,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', NODE_ENV: 'production' },
  });
  program.stdin.on('error', () => undefined); // It may be over before it has read everything.
  program.stdin.end(input);
  const [stdout, stderr, [status]] = await Promise.all([
    text(program.stdout),
    text(program.stderr),
    once(program, 'exit') as Promise<[number | null]>,
  ]);
  return { status, text: stdout + stderr };
}
