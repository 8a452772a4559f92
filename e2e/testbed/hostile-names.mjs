// A name server that means no good, for a program that is started with `--import` of this file: what a name resolves to
// is read from the file NAMES_FILE at every question, so it can be another address each time.

import { promises } from 'node:dns';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const real = promises.lookup;
const file = process.env.NAMES_FILE ?? '';
const asked = `${file}.asked`;

promises.lookup = async (name, options) => {
  const answers = JSON.parse(readFileSync(file, 'utf8'))[name];
  if (!answers) return real(name, options);
  const before = existsSync(asked) ? readFileSync(asked, 'utf8').split('\n') : [];
  appendFileSync(asked, `${name}\n`);
  const count = before.filter((line) => line === name).length;
  const addresses = answers[Math.min(count, answers.length - 1)];
  return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
};
syncBuiltinESMExports();
