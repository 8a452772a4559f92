// Contract: what is asked for in secret is never shown; each answer is one line, of a person at a terminal or of a pipe;
// whoever gives up, or has no more lines, has answered nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createAsker } from './ask-hidden.ts';
import { UsageError } from './command.ts';

function aTerminal(isTTY: boolean) {
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: () => input });
  const output = new PassThrough();
  return { input, output, asker: createAsker({ input, output }) };
}

describe.each([
  ['a terminal', true],
  ['a pipe', false],
])('at %s', (_what, isTTY) => {
  it('takes one line for each question, and shows the questions alone', async () => {
    const { input, output, asker } = aTerminal(isTTY);
    input.write('first secret\nsecond secret\n');
    expect(await asker.ask('One: ')).toBe('first secret');
    expect(await asker.ask('Two: ')).toBe('second secret');
    asker.close();
    output.end();
    expect(await text(output)).toBe('One: \nTwo: \n');
  });

  it('takes an empty line as an answer', async () => {
    const { input, asker } = aTerminal(isTTY);
    input.write('\n');
    expect(await asker.ask('One: ')).toBe('');
    asker.close();
  });

  it('has no answer when nothing more comes', async () => {
    const { input, asker } = aTerminal(isTTY);
    input.end();
    await expect(asker.ask('One: ')).rejects.toThrow(UsageError);
    asker.close();
  });
});

it('is given up with Ctrl-C', async () => {
  const { input, asker } = aTerminal(true);
  const answer = asker.ask('One: ');
  input.write('half a sec\u0003');
  await expect(answer).rejects.toThrow('nothing was changed');
});

it('asks nothing, and touches no input, until it is asked to', () => {
  const { input, asker } = aTerminal(true);
  asker.close();
  expect(input.listenerCount('data') + input.listenerCount('keypress')).toBe(0);
});

// `script` gives a program a terminal of its own, and tells what could be seen on it.
it('shows nothing on a real terminal', async () => {
  const program = `const { createAsker } = await import(${JSON.stringify(join(import.meta.dirname, 'ask-hidden.ts'))});
    const asker = createAsker({ input: process.stdin, output: process.stderr });
    const answer = await asker.ask('Password: ');
    asker.close();
    console.log('length ' + answer.length);`;
  const node = `${process.execPath} --import tsx --input-type=module -e '${program.replaceAll("'", "'\\''")}'`;
  const script = spawn('script', ['-qefc', node, '/dev/null'], { cwd: join(import.meta.dirname, '../..') });
  let seen = '';
  for await (const chunk of script.stdout) {
    seen += String(chunk);
    if (seen.endsWith('Password: ')) script.stdin.write('hunter2 hunter2\r');
    if (seen.includes('length')) break;
  }
  if (script.exitCode === null) await once(script, 'exit');
  expect(seen).toContain('length 15');
  expect(seen).not.toContain('hunter2');
});
