/**
 * Contract: the page of a launch says which computer and whose API before there is anything to type into. A password is
 * asked for only where one is needed, never before the terms are read or the delay has passed, and an API elsewhere is
 * named as somebody who will be told it.
 */
import { describe, expect, test } from 'vitest';
import { attributeOf, element, markupOf } from '#app/testing/markup.ts';
import { Launch, type LaunchProps } from './launch.tsx';

const usual: LaunchProps = {
  launchId: '0190b6a0-0000-7000-8000-000000000001',
  computer: { name: 'Orders <b>database</b>', mode: 'SSH' },
  apiHost: 'gateway.example',
  isBuiltIn: true,
  ask: 'password',
  terms: null,
  waitMs: 0,
};
const page = (change: Partial<LaunchProps> = {}) => markupOf(element(Launch, { ...usual, ...change }));

describe('what it says first', () => {
  test('names computer, mode and API, as text', () => {
    const { text, html } = page();
    expect(text).toContain('Connect to Orders <b>database</b>');
    expect(text).toContain('(SSH)');
    expect(text).toContain('gateway.example');
    expect(html).not.toContain('<b>');
    expect(html.indexOf('gateway.example')).toBeLessThan(html.indexOf('<form'));
  });

  test('an API elsewhere is told the password, and ours is not called that', () => {
    expect(page({ isBuiltIn: false }).text).toContain('Another system, which is told your password');
    expect(page().text).not.toContain('Another system');
  });
});

describe('what it asks', () => {
  test('a master password that no browser keeps, in a form that never becomes an address', () => {
    const { tags, text } = page();
    expect(tags('input')).toHaveLength(1);
    const [field] = tags('input');
    expect(attributeOf(field, 'type')).toBe('password');
    expect(attributeOf(field, 'autoComplete')).toBe('off');
    expect(attributeOf(tags('form')[0], 'method')).toBe('post');
    expect(text).toContain('Open session');
  });

  test('nothing, where the key is unlocked', () => {
    const { tags, text } = page({ ask: 'nothing' });
    expect(tags('input')).toEqual([]);
    expect(text).toContain('Open session');
  });

  test('to set one first, where there is none', () => {
    const { tags, text } = page({ ask: 'first' });
    expect(tags('input')).toEqual([]);
    expect(text).toContain('You have no master password yet');
    expect(text).not.toContain('Open session');
    expect(attributeOf(tags('a')[0], 'href')).toBe('/profile');
  });

  test('nothing before the terms were read', () => {
    const terms = { version: 3, text: 'You are <i>recorded</i>.\nAlways.', sha256: 'a'.repeat(64) };
    const { tags, text, html } = page({ terms });
    expect(tags('input')).toEqual([]);
    expect(text).toContain('You are <i>recorded</i>.');
    expect(text).toContain('Version 3.');
    expect(html).not.toContain('<i>');
    expect(text).not.toContain('Open session');
  });

  test.each([
    [1, 1],
    [1000, 1],
    [1001, 2],
    [600_000, 600],
  ])('nothing while %i ms have to pass, told as %i s', (waitMs, seconds) => {
    const { tags, text, html } = page({ waitMs });
    expect(tags('input')).toEqual([]);
    expect(text).toContain(`You can go on in ${seconds} s.`);
    expect(html).toContain('role="timer"');
  });
});
