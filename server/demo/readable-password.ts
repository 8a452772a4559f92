import { randomInt } from 'node:crypto';

// Without what is mistaken for something else when read from a screen: 0 O, 1 I l, and vowels that make words.
const alphabet = 'bcdfghjkmnpqrstvwxz23456789';

/** A random password that is easy to type: `kd7x-9mwq-t4vh-z2cp`, 76 bits. */
export function readablePassword(): string {
  const group = () => Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}
