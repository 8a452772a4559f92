/**
 * The contract: what was printed is found in text wherever it stands, however often, and nothing else is; prints say
 * nothing of a secret to whoever has not their key, not even whether two sessions used the same one.
 */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPrintedWith, makePrints, printKey, SecretFinder } from './secret-prints.ts';

const key = printKey('a secret of the installation', 'session-1');
const finderOf = (...secrets: string[]) => new SecretFinder(key, makePrints(key, secrets));
const foundIn = (text: string, ...secrets: string[]) =>
  finderOf(...secrets)
    .find(text)
    .map(({ from, to }) => text.slice(from, to));

describe('a secret', () => {
  it('is found at the beginning, in the middle, at the end, and each time', () => {
    expect(foundIn('hunter22 is hunter22, so hunter22', 'hunter22')).toEqual(['hunter22', 'hunter22', 'hunter22']);
    expect(finderOf('hunter22').find('xhunter22')).toEqual([{ from: 1, to: 9 }]);
  });

  it('is found in any text, and only there', () => {
    const texts = fc.string({ unit: 'grapheme', maxLength: 60 });
    fc.assert(
      fc.property(texts, texts, fc.string({ minLength: 4, maxLength: 40 }), (before, after, secret) => {
        fc.pre(secret.trim() === secret && secret.length >= 4 && !/[\r\n]/.test(secret) && !secret.startsWith('-----'));
        const text = before + secret + after;
        const inRanges = finderOf(secret)
          .find(text)
          .some(({ from, to }) => from <= before.length && to >= before.length + secret.length);
        expect(inRanges).toBe(true);
        if (!before.includes(secret)) expect(finderOf(secret).find(before)).toEqual([]);
      }),
    );
  });

  it('that overlaps itself is one range', () => {
    expect(finderOf('abab').find('-ababab-')).toEqual([{ from: 1, to: 7 }]);
  });

  it('of more than one line is found by its lines, but for the frame of a key', () => {
    const body = [randomBytes(48).toString('base64'), randomBytes(48).toString('base64')];
    const pem = `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
    expect(foundIn(`a ${body[1]} b ${body[0]}`, pem)).toEqual([body[1], body[0]]);
    expect(foundIn('-----BEGIN OPENSSH PRIVATE KEY-----', pem)).toEqual([]);
  });

  it('that is too short to be hidden is not looked for', () => {
    expect(foundIn('a abc abcd', 'abc', 'a')).toEqual([]);
  });

  it('is one among others of every length', () => {
    const secrets = Array.from({ length: 30 }, (_, n) => `secret-${'x'.repeat(n % 7)}-${n}`);
    expect(foundIn(secrets.join(' and '), ...secrets)).toEqual(secrets);
  });
});

describe('attack: prints', () => {
  it('hold neither the secret nor what is the same in two sessions', () => {
    const others = makePrints(printKey('a secret of the installation', 'session-2'), ['hunter22']);
    const prints = makePrints(key, ['hunter22']);
    expect(JSON.stringify(prints)).not.toContain('hunter22');
    expect(prints[1]?.hmac).not.toBe(others[1]?.hmac);
    expect(prints[1]?.rolling).not.toBe(others[1]?.rolling);
  });

  it('are known to be of another key, so that nobody takes silence for absence', () => {
    const other = printKey('another installation', 'session-1');
    expect(isPrintedWith(key, makePrints(key, ['hunter22']))).toBe(true);
    expect(isPrintedWith(key, makePrints(key, []))).toBe(true);
    expect(isPrintedWith(other, makePrints(key, ['hunter22']))).toBe(false);
    expect(isPrintedWith(key, [])).toBe(false);
  });

  it('of a key with thousands of lines are bounded', () => {
    const huge = Array.from({ length: 5000 }, () => randomBytes(12).toString('hex')).join('\n');
    expect(makePrints(key, [huge]).length).toBeLessThan(600);
  });
});
