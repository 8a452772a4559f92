import { readFileSync } from 'node:fs';
import { helpText, parseCommandLine } from './command-line.ts';
import { type ParsedConfig, parseConfig } from './config.ts';
import { settings } from './settings.ts';

/**
 * The only place that reads the environment and the command line of the program.
 * Answers the text of `--help` when that was asked for. Throws ConfigError with a sentence for the person who started it.
 */
export function readConfig(
  rootDir: string,
  argv: readonly string[] = process.argv.slice(2),
): ParsedConfig | { help: string } {
  if (parseCommandLine(argv).help) return { help: helpText() };
  return parseConfig({ argv, env: process.env, readFile: readIfThere, rootDir, workDir: process.cwd() });
}

/** As the program itself would read it with these flags: for the commands beside it, which answer `--help` themselves. */
export function configReader(rootDir: string): (argv: readonly string[]) => ParsedConfig['config'] {
  return (argv) => {
    const parsed = readConfig(rootDir, argv);
    if ('help' in parsed) throw new Error(parsed.help);
    return parsed.config;
  };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * The environment for programs that we start: without our own settings, which they get otherwise or must not have, such
 * as the owner's database.
 */
export function environmentForOthers(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !(name in settings))) as NodeJS.ProcessEnv;
}

/** For packages that look nowhere else than in the environment. */
export function publishToPackages(values: Readonly<Record<string, string>>): void {
  Object.assign(process.env, values);
}
