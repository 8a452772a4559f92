import { UsageError } from '../config/command-arguments.ts';
import { ConfigError } from '../config/command-line.ts';
import type { Config } from '../config/config.ts';
import { plainText } from '../protocol/plain-text.ts';
import { KeyringFileError } from '../vault/keyring-file.ts';
import { StartError } from './start-error.ts';

export { UsageError };

/** What a command beside `npm start` ends with. */
export type CommandAnswer = {
  /** 0 done, 1 refused or not as it should be, 2 the command could not be carried out. */
  status: 0 | 1 | 2;
  text: string;
};

/** The configuration as the program itself would read it with these flags. */
export type ConfigFor = (argv: string[]) => Config;

/** The command would do harm, or cannot do what it is for; the message is a sentence that says why and what to do. */
export class Refused extends Error {
  override name = 'Refused';
}

export function done(...lines: string[]): CommandAnswer {
  return { status: 0, text: lines.join('\n') };
}

export function refused(...lines: string[]): CommandAnswer {
  return { status: 1, text: lines.join('\n') };
}

/** Carries out a command; what it throws becomes its answer. `what` begins a sentence: `The backup could not be made`. */
export async function answering(what: string, work: () => Promise<CommandAnswer>): Promise<CommandAnswer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused) return refused(error.message);
    const cause = (error as Error).cause ?? error; // The outer one of a query quotes the query.
    const isSentence = [UsageError, ConfigError, StartError, KeyringFileError].some((kind) => error instanceof kind);
    if (isSentence) return { status: 2, text: (error as Error).message };
    return { status: 2, text: `${what}: ${plainText(reasonOf(cause as NodeJS.ErrnoException))}` };
  }
}

// PostgreSQL's codes for a table or a column that is not there.
const otherSchema = new Set(['42P01', '42703']);

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === undefined || !otherSchema.has(code)) return message;
  return `its database is of another version than this program (${message}). Start Sallyport once with this version.`;
}
