import { plainText } from './plain-text.ts';

type Told = {
  label: string;
  /** What it does, for the administrator who sets it. */
  help: string;
};
type Whole = Told & {
  type: 'whole';
  unit: string;
  min: number;
  max: number;
  byDefault: number;
  /** What zero means, in words. */
  zero?: string;
};
type Flag = Told & { type: 'flag'; byDefault: boolean };
type Text = Told & { type: 'text'; longest: number; byDefault: string };
export type SettingDefinition = Whole | Flag | Text;

/** What administrators set while the program runs: every setting, its bounds, and what counts while nobody set it. */
export const settingDefinitions = {
  signInHours: {
    label: 'A sign-in lasts',
    help: 'After this time people sign in again. Sign-ins that are open keep the end they were given.',
    type: 'whole',
    unit: 'hours',
    min: 1,
    max: 168,
    byDefault: 12,
  },
  unlockHours: {
    label: 'An unlock lasts',
    help: 'How long one browser may use credentials after the master password was entered; never longer than the sign-in.',
    type: 'whole',
    unit: 'hours',
    min: 1,
    max: 8,
    byDefault: 8,
  },
  minPasswordLength: {
    label: 'Shortest password',
    help: 'Counts for passwords that are set from now on.',
    type: 'whole',
    unit: 'characters',
    min: 12,
    max: 64,
    byDefault: 12,
  },
  minMasterPasswordLength: {
    label: 'Shortest master password',
    help: 'Counts for master passwords that are set from now on.',
    type: 'whole',
    unit: 'characters',
    min: 12,
    max: 64,
    byDefault: 12,
  },
  shopShowsAll: {
    label: 'The shop shows computers without access',
    help: 'Greyed out, with the reason. Otherwise people see only what they may use.',
    type: 'flag',
    byDefault: true,
  },
  retentionDays: {
    label: 'Recordings are kept',
    help: 'Then they are deleted, which the audit log proves. 0: for ever. A policy may say otherwise. Recordings that have a day already keep it, or get a later one; those that had none are kept for another 30 days at least.',
    type: 'whole',
    unit: 'days',
    min: 0,
    max: 36_500,
    byDefault: 0,
    zero: 'for ever',
  },
  minFreeGiB: {
    label: 'Free space that recordings leave',
    help: 'While their disk has less, no session begins that must be recorded. Sessions that run go on.',
    type: 'whole',
    unit: 'GiB',
    min: 0,
    max: 100_000,
    byDefault: 1,
    zero: 'none',
  },
  helpContact: {
    label: 'Whom to ask for help',
    help: 'Shown where somebody is refused: a name, a telephone number, an address. Empty: an administrator is named.',
    type: 'text',
    longest: 200,
    byDefault: '',
  },
  awsProxy: {
    label: 'The AWS proxy is on',
    help: 'People call AWS with tokens of their own and the keys of records that they are granted. Off: every call is refused.',
    type: 'flag',
    byDefault: false,
  },
  awsSessionGapMinutes: {
    label: 'A session of AWS calls ends after',
    help: 'Without a call for so long. The next call begins another session.',
    type: 'whole',
    unit: 'minutes',
    min: 1,
    max: 240,
    byDefault: 15,
  },
  awsSkewMinutes: {
    label: 'The clock of an AWS client may be off by',
    help: 'Calls that were signed longer ago, or later than now, are refused with the right time, by which most clients set themselves right.',
    type: 'whole',
    unit: 'minutes',
    min: 1,
    max: 15,
    byDefault: 5,
  },
} as const satisfies Record<string, SettingDefinition>;

type Definitions = typeof settingDefinitions;
export type SettingName = keyof Definitions;
export type SettingValue = string | number | boolean;

type ValueOf<D extends SettingDefinition> = D extends Whole ? number : D extends Flag ? boolean : string;
/** The value of every setting, as it counts now. */
export type Settings = { [N in SettingName]: ValueOf<Definitions[N]> };

export const settingNames = Object.keys(settingDefinitions) as SettingName[];

/** The definition of a setting, where it does not matter of which one. */
export function definitionOf(name: SettingName): SettingDefinition {
  return settingDefinitions[name];
}

export type ReadSetting = { ok: true; value: SettingValue } | { ok: false; problem: string };

/** A value as a form or the database gives it, or a sentence that says what it must be. */
export function readSetting(name: SettingName, given: unknown): ReadSetting {
  const definition = definitionOf(name);
  switch (definition.type) {
    case 'whole':
      return readWhole(definition, given);
    case 'flag':
      return readFlag(given);
    case 'text':
      return readText(definition, given);
  }
}

function readWhole({ min, max, unit }: Whole, given: unknown): ReadSetting {
  const value = typeof given === 'string' && /^\s*\d{1,9}\s*$/.test(given) ? Number(given) : given;
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
  return fits ? { ok: true, value } : { ok: false, problem: `Enter a whole number of ${unit} from ${min} to ${max}.` };
}

function readFlag(given: unknown): ReadSetting {
  if (given === true || given === 'true') return { ok: true, value: true };
  if (given === false || given === 'false') return { ok: true, value: false };
  return { ok: false, problem: 'Choose yes or no.' };
}

function readText({ longest }: Text, given: unknown): ReadSetting {
  const value = typeof given === 'string' ? given.trim() : undefined;
  if (value === undefined || value.length > longest)
    return { ok: false, problem: `Enter at most ${longest} characters.` };
  if (value !== plainText(value)) return { ok: false, problem: 'Enter one line of text that can be seen.' };
  return { ok: true, value };
}

/** All settings, from what is stored. What is stored by a name or in a form that we do not know counts as not set. */
export function settingsFrom(stored: ReadonlyMap<string, unknown>): Settings {
  const values = settingNames.map((name) => {
    const read = stored.has(name) ? readSetting(name, stored.get(name)) : undefined;
    return [name, read?.ok ? read.value : definitionOf(name).byDefault] as const;
  });
  return Object.fromEntries(values) as Settings;
}

/** A value in words: `12 hours`, `yes`, the text itself. */
export function settingInWords(name: SettingName, value: SettingValue): string {
  const definition = definitionOf(name);
  if (definition.type === 'flag') return value === true ? 'yes' : 'no';
  if (definition.type === 'whole' && definition.zero !== undefined && value === 0) return definition.zero;
  if (definition.type === 'whole')
    return `${value} ${value === 1 ? definition.unit.replace(/s$/, '') : definition.unit}`;
  return value === '' ? 'nothing' : String(value);
}
