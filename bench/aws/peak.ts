import { readFile, writeFile } from 'node:fs/promises';

/** Counts by how much a process exceeds what it holds now. Linux only. */
export async function openPeak(pid: number): Promise<{ grownMb(): Promise<number> }> {
  const before = await residentKb(pid, 'VmRSS');
  // The highest mark is counted from here.
  await writeFile(`/proc/${pid}/clear_refs`, '5');
  return { grownMb: async () => ((await residentKb(pid, 'VmHWM')) - before) / 1024 };
}

async function residentKb(pid: number, name: 'VmRSS' | 'VmHWM'): Promise<number> {
  const [, kb] = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kb);
}
