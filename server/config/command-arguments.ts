import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The command was not asked as it must be; the message is a sentence and how to ask. */
export class UsageError extends Error {
  override name = 'UsageError';
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** Every command beside `npm start` can be asked for help, and told which installation is meant. */
const placeOptions = {
  'data-dir': { type: 'string' },
  demo: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/**
 * What a command was asked, besides: `flags` for `readConfig`, by which it finds its installation, and whether it was
 * asked for help. Throws UsageError, with `usage` below the sentence, for anything else than `options` and, where
 * they are allowed, positionals.
 */
export function readArguments<const O extends Options, const P extends boolean = false>(
  argv: readonly string[],
  { usage, options, allowPositionals }: { usage: string; options: O; allowPositionals?: P },
) {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { ...options, ...placeOptions },
      allowPositionals,
    });
    const {
      help = false,
      demo,
      'data-dir': dataDir,
    } = values as { help?: boolean; demo?: boolean; 'data-dir'?: string };
    const flags = [...(demo ? ['--demo'] : []), ...(dataDir === undefined ? [] : ['--data-dir', dataDir])];
    return { values, positionals, flags, isHelp: help };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}
