/**
 * The binaries are complete wherever they run from: several that copy at once end with one whole copy and no rest, and
 * the links that npm does not carry are there.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findBinaries } from './binaries.ts';

const home = mkdtempSync(join(tmpdir(), 'sp-bin-'));
afterAll(() => rmSync(home, { recursive: true }));

it('copies once, however many ask at the same time', async () => {
  const answers = await Promise.all(Array.from({ length: 4 }, () => findBinaries(home)));
  expect(new Set(answers.map(({ postgres }) => postgres)).size).toBe(1);
  expect(readdirSync(home)).toHaveLength(1);
});

it('runs from the copy', async () => {
  const { initdb, postgres } = await findBinaries(home);
  expect(execFileSync(postgres, ['--version'], { encoding: 'utf8' })).toContain('PostgreSQL');
  expect(execFileSync(initdb, ['--version'], { encoding: 'utf8' })).toContain('PostgreSQL');
});

it('has its links', async () => {
  const { postgres } = await findBinaries();
  expect(existsSync(join(dirname(dirname(postgres)), 'lib', 'libpq.so.5'))).toBe(true);
});
