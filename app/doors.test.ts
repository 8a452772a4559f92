// Contract: what a browser can call without a page is a short list. Every server action goes through `withPerson`, which
// asks who it is, or is named here; every route is named here; no other file is a door.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';

const files = readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name))
  .map((entry) => relative(import.meta.dirname, join(entry.parentPath, entry.name)));

const textOf = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8');
const forVisitors = ['(auth)/set-up/actions.ts: setUp'];
const actions = files.filter((file) => /^['"]use server['"]/m.test(textOf(file)));

it('server actions stand in files called actions.ts', () => {
  expect(actions.length).toBeGreaterThan(5);
  for (const file of actions) expect(file).toMatch(/(^|\/)actions\.ts$/);
  for (const file of files) if (!actions.includes(file)) expect(textOf(file)).not.toMatch(/['"]use server['"]/);
});

it.each(actions)('every action of %s asks who it is, or is known to be for visitors', (file) => {
  const text = textOf(file);
  const exported = [...text.matchAll(/^export\b(.*)$/gm)].map(([, rest = '']) => rest.trim());
  expect(exported.length).toBeGreaterThan(0);
  for (const line of exported) {
    const [, name = '', wrapper = ''] = /^const (\w+) = (withPerson|withVisitor)\(/.exec(line) ?? [];
    expect(name, line).not.toBe('');
    if (wrapper === 'withVisitor') expect(forVisitors).toContain(`${file}: ${name}`);
  }
});

it('there are three routes: next-auth’s, the identity API, which asks the gateway to prove itself, and a certificate', () => {
  expect(files.filter((file) => /(^|\/)route\.tsx?$/.test(file)).sort()).toEqual([
    '(shop)/aws/certificate/route.ts',
    'api/auth/[...nextauth]/route.ts',
    'api/services/v1/secureaccessgateway/[call]/route.ts',
  ]);
  expect(textOf('(shop)/aws/certificate/route.ts')).toContain('whoIs(');
});

it('every page behind the sign-in asks for its own actor, because layouts are kept between pages', () => {
  const pages = files.filter((file) => /(^|\/)page\.tsx$/.test(file) && !file.startsWith('(auth)/'));
  expect(pages.length).toBeGreaterThan(5);
  for (const page of pages) expect(textOf(page), page).toContain('currentActor(');
});
