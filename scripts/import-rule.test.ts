// Contract: the import rule passes this tree, names a planted violation of each kind together with the place where the
// code belongs, finds cycles, and does not pass when nothing was cruised at all.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const home = path.resolve(import.meta.dirname, '..');
const planted: string[] = [];

afterAll(() => {
  for (const folder of planted) rmSync(folder, { recursive: true, force: true });
});

function plant(files: Record<string, string>): { status: number | null; said: string } {
  const root = mkdtempSync(path.join(tmpdir(), 'import-rule-'));
  planted.push(root);
  symlinkSync(path.join(home, 'node_modules'), path.join(root, 'node_modules'));
  writeFileSync(path.join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(path.join(root, 'tsconfig.json'), '{"compilerOptions":{"allowImportingTsExtensions":true}}');
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(home, 'scripts', 'import-rule.mjs'), '--root', root],
    { encoding: 'utf8' },
  );
  return { status, said: stdout + stderr };
}

describe('the import rule', () => {
  it.each<[string, string, string, string]>([
    [
      'protocol that opens a socket',
      'server/protocol/a.ts',
      "import net from 'node:net';\nexport { net };",
      'protocol-is-pure',
    ],
    [
      'a pure rule that queries',
      'server/decide/a.ts',
      "import { b } from '../../db/b.ts';\nexport { b };",
      'pure-stays-pure',
    ],
    [
      'a query that decides',
      'db/a.ts',
      "import { b } from '../server/people/b.ts';\nexport { b };",
      'storage-knows-no-one',
    ],
    [
      'a use case that dials',
      'server/people/a.ts',
      "import { b } from '../bridges/b.ts';\nexport { b };",
      'use-cases-stay-inside',
    ],
    [
      'a bridge that queries',
      'server/bridges/a.ts',
      "import { b } from '../../db/b.ts';\nexport { b };",
      'edges-take-capabilities',
    ],
    ['a page that queries', 'app/a.tsx', "import { b } from '../db/b.ts';\nexport { b };", 'app-enters-by-the-door'],
    [
      'a server file that renders',
      'server/live/a.ts',
      "import { b } from '../../app/b.ts';\nexport { b };",
      'server-never-imports-app',
    ],
    [
      'a client file that calls the server',
      'app/a.tsx',
      "'use client';\nimport { b } from '../server/portal.ts';\nexport { b };",
      'client-files-stay-in-the-browser',
    ],
  ])('names %s', (_, file, text, rule) => {
    const target = /'(\.[^']+)'/.exec(text)?.[1];
    const other = target && path.join(path.dirname(file), target);
    const { status, said } = plant({ [file]: text, ...(other && { [other]: 'export const b = 1;' }) });
    expect(said).toContain(rule);
    expect(status).toBe(1);
  });

  it('follows a client file to what it brings along, but not through a server action', () => {
    const { status, said } = plant({
      'app/a.tsx': "'use client';\nimport { b } from './b.ts';\nimport { c } from './c.ts';\nexport { b, c };",
      'app/b.ts': "import { d } from '../server/portal.ts';\nexport const b = d;",
      'app/c.ts': "'use server';\nimport { d } from '../server/portal.ts';\nexport const c = async () => d;",
      'server/portal.ts': 'export const d = 1;',
    });
    expect(said).toContain('app/a.tsx -> app/b.ts -> server/portal.ts');
    expect(said).toContain('1 violations');
    expect(status).toBe(1);
  });

  it('lets an edge know the type of a use case, but not its value', () => {
    const { status, said } = plant({
      'server/bridges/a.ts': "import type { B } from '../people/b.ts';\nexport type A = B;",
      'server/people/b.ts': 'export type B = string;',
    });
    expect(said).toContain('0 violations');
    expect(status).toBe(0);
  });

  it('names a cycle', () => {
    const { status, said } = plant({
      'server/people/a.ts': "import { b } from './b.ts';\nexport const a = () => b;",
      'server/people/b.ts': "import { a } from './a.ts';\nexport const b = () => a;",
    });
    expect(said).toContain('no-cycles');
    expect(status).toBe(1);
  });

  it('fails when it cruised nothing', () => {
    const { status, said } = plant({ 'server/README.md': 'no code here' });
    expect(said).toContain('0 modules cruised');
    expect(status).toBe(1);
  });
});
