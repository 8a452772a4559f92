// Contract: every command takes the same words for its installation and for help, hands the former on as the program
// would be given them, and answers anything that it does not take with a sentence and with how to ask.
import { expect, it } from 'vitest';
import { readArguments, UsageError } from './command-arguments.ts';

const usage = 'npm run lift -- [FLOOR] [--slowly]';
const options = { slowly: { type: 'boolean' } } as const;

it('reads what is its own, and which installation is meant', () => {
  const argv = ['3', '--slowly', '--demo', '--data-dir', '/srv/here'];
  expect(readArguments(argv, { usage, options, allowPositionals: true })).toMatchObject({
    values: { slowly: true },
    positionals: ['3'],
    flags: ['--demo', '--data-dir', '/srv/here'],
    isHelp: false,
  });
});

it('names no installation where none was named', () => {
  const { flags, values, isHelp } = readArguments([], { usage, options });
  expect([flags, values.slowly, isHelp]).toEqual([[], undefined, false]);
});

it('hands on a folder that is called nothing, so that it is refused where folders are read', () => {
  expect(readArguments(['--data-dir', ''], { usage, options }).flags).toEqual(['--data-dir', '']);
});

it('is asked for help', () => {
  expect(readArguments(['--help'], { usage, options }).isHelp).toBe(true);
});

it.each([['--fast'], ['3'], ['--slowly=yes'], ['--data-dir']])('does not take %s, and says how to ask', (...argv) => {
  expect(() => readArguments(argv, { usage, options })).toThrow(UsageError);
  expect(() => readArguments(argv, { usage, options })).toThrow(usage);
});
