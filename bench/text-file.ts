import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Unwind } from '../server/supervise/unwind.ts';

export type TextFile = { path: string; megabytes: number };

const lineCount = 600_000;

/** 60 MB of plain text in lines of 100 bytes, readable for the account that works at the computer. */
export async function writeText(unwind: Unwind): Promise<TextFile> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-text-'));
  unwind.later('text', () => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const path = join(folder, 'text');
  const lines = Array.from({ length: 1000 }, (_, index) => `${line(index)}\n`).join('');
  const text = lines.repeat(lineCount / 1000);
  await writeFile(path, text, { mode: 0o644 });
  return { path, megabytes: text.length / 1e6 };
}

function line(index: number): string {
  const words = 'the quick brown fox jumps over the lazy dog while nobody looks and everything is written down ';
  return `${String(index).padStart(5, '0')} ${words.slice(index % words.length)}${words}`.slice(0, 99);
}
