// Contract: every setting has a default inside its own bounds; a form's text is read as the value it means or refused
// with a sentence; whatever somebody left in the database, the program gets values it can live with.
import { describe, expect, it } from 'vitest';
import {
  definitionOf,
  readSetting,
  settingDefinitions,
  settingInWords,
  settingNames,
  settingsFrom,
} from './settings.ts';

describe('every setting', () => {
  it.each(settingNames)('%s takes its own default, and says what it is for', (name) => {
    const { byDefault, label, help } = definitionOf(name);
    expect(readSetting(name, byDefault)).toEqual({ ok: true, value: byDefault });
    expect(settingsFrom(new Map())[name]).toBe(byDefault);
    expect(label).not.toBe('');
    expect(help).toMatch(/\.$/);
  });

  it.each(settingNames)('%s refuses nonsense with a sentence', (name) => {
    for (const nonsense of [undefined, null, {}, [], Number.NaN, Number.POSITIVE_INFINITY, 'x'.repeat(10_000)]) {
      const read = readSetting(name, nonsense);
      expect(read).toMatchObject({ ok: false, problem: expect.stringMatching(/^[A-Z].*\.$/) });
    }
  });
});

describe('a number', () => {
  it('may come as text, and stays within its bounds', () => {
    const { min, max } = settingDefinitions.signInHours;
    expect(readSetting('signInHours', ' 24 ')).toEqual({ ok: true, value: 24 });
    expect(readSetting('signInHours', String(min))).toEqual({ ok: true, value: min });
    expect(readSetting('signInHours', max)).toEqual({ ok: true, value: max });
    for (const wrong of [min - 1, max + 1, '0', '-1', '1.5', 1.5, '1e2', '0x10', '', ' ', true])
      expect(readSetting('signInHours', wrong)).toEqual({
        ok: false,
        problem: 'Enter a whole number of hours from 1 to 168.',
      });
  });

  it('lets no unlock last longer than 8 hours, and no password be shorter than it had to be before', () => {
    expect(readSetting('unlockHours', 9).ok).toBe(false);
    expect(readSetting('minPasswordLength', 11).ok).toBe(false);
    expect(readSetting('minMasterPasswordLength', 11).ok).toBe(false);
  });
});

describe('a switch', () => {
  it('is yes or no', () => {
    for (const value of [true, 'true']) expect(readSetting('shopShowsAll', value)).toEqual({ ok: true, value: true });
    for (const value of [false, 'false'])
      expect(readSetting('shopShowsAll', value)).toEqual({ ok: true, value: false });
    for (const value of [1, 0, 'yes', '']) expect(readSetting('shopShowsAll', value).ok).toBe(false);
  });
});

describe('a text', () => {
  it('is one line that can be seen', () => {
    expect(readSetting('helpContact', '  Ada, ext. 42 ')).toEqual({ ok: true, value: 'Ada, ext. 42' });
    expect(readSetting('helpContact', '')).toEqual({ ok: true, value: '' });
    for (const wrong of ['a\nb', 'a\u202eb', 'a\u0000b', '\u001b[2J'])
      expect(readSetting('helpContact', wrong)).toMatchObject({ ok: false });
    expect(readSetting('helpContact', 'x'.repeat(201))).toMatchObject({ problem: 'Enter at most 200 characters.' });
  });
});

describe('what is stored', () => {
  it('counts where it fits, whatever stands beside it', () => {
    const stored = new Map<string, unknown>([
      ['signInHours', 2],
      ['unlockHours', 99],
      ['minPasswordLength', '12; drop table people'],
      ['shopShowsAll', 'false'],
      ['helpContact', 7],
      ['of a later version', true],
      ['__proto__', 'x'],
    ]);
    expect(settingsFrom(stored)).toEqual({
      signInHours: 2,
      retentionDays: 0,
      minFreeGiB: 1,
      unlockHours: 8,
      minPasswordLength: 12,
      minMasterPasswordLength: 12,
      shopShowsAll: false,
      helpContact: '',
      awsProxy: false,
      awsSessionGapMinutes: 15,
      awsSkewMinutes: 5,
    });
  });
});

describe('in words', () => {
  it('is what one would say', () => {
    expect(settingInWords('signInHours', 12)).toBe('12 hours');
    expect(settingInWords('signInHours', 1)).toBe('1 hour');
    expect(settingInWords('retentionDays', 0)).toBe('for ever');
    expect(settingInWords('retentionDays', 30)).toBe('30 days');
    expect(settingInWords('minFreeGiB', 0)).toBe('none');
    expect(settingInWords('shopShowsAll', true)).toBe('yes');
    expect(settingInWords('shopShowsAll', false)).toBe('no');
    expect(settingInWords('helpContact', '')).toBe('nothing');
    expect(settingInWords('helpContact', 'Ada')).toBe('Ada');
  });
});
