import { type SettingName, type SettingValues, settings } from './settings.ts';

export type CommandLine = {
  demo: boolean;
  dev: boolean;
  help: boolean;
  'new-keyring': boolean;
  values: SettingValues;
};

/** Why the program does not start; the message is for whoever started it and says what to do. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const names = Object.keys(settings) as SettingName[];
const switches = ['demo', 'dev', 'help', 'new-keyring'] as const;

function flagOf(name: SettingName): string {
  return `--${name.toLowerCase().replaceAll('_', '-')}`;
}

/** Reads `--demo`, `--port 3000` and `--port=3000`. Throws ConfigError for anything it does not know. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const found: CommandLine = { demo: false, dev: false, help: false, 'new-keyring': false, values: {} };
  for (let at = 0; at < argv.length; at += 1) {
    const [flag = '', inline] = splitOnce(argv[at] ?? '');
    const name = names.find((each) => flagOf(each) === flag);
    const turn = switches.find((each) => `--${each}` === flag);
    if (turn && inline === undefined) {
      found[turn] = true;
    } else if (name) {
      const value = inline ?? argv[++at];
      if (value === undefined || (inline === undefined && value.startsWith('--'))) {
        throw new ConfigError(`${flag} needs a value, such as ${flag} ${settings[name].byDefault}.`);
      }
      if (found.values[name] !== undefined) throw new ConfigError(`${flag} is given twice. Please keep one of them.`);
      found.values[name] = value;
    } else {
      throw new ConfigError(`${unknown(argv[at] ?? '', turn)} Run npm start -- --help for the list.`);
    }
  }
  return found;
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function unknown(text: string, turn: string | undefined): string {
  if (turn) return `--${turn} takes no value.`;
  return text.startsWith('-') ? `There is no flag ${text.split('=')[0]}.` : `"${text}" is not a flag.`;
}

/** What `--help` prints. */
export function helpText(): string {
  const rows = names.map((name) => `  ${flagOf(name).padEnd(22)} ${name.padEnd(20)} ${settings[name].what}`);
  return [
    'npm start             starts Sallyport; on an empty database it prints a link that sets it up',
    'npm start -- --demo   starts a demo on loopback, with people and computers',
    '',
    '--new-keyring          once, after the keyring was lost: credentials must be entered again',
    'A flag wins over the variable, that over DATA_DIR/config.json, that over the default.',
    '',
    ...rows,
  ].join('\n');
}
