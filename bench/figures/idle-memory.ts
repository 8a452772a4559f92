import { setTimeout as delay } from 'node:timers/promises';
import { openMemory } from '../memory.ts';
import type { Subject } from '../subjects/subject.ts';
import { Terminal } from '../terminal.ts';
import type { Figure } from './figure.ts';

const sessions = 100;
const atOnce = 5;
const settleMs = 2_000;

/** What an open terminal that nobody uses takes of the process that carries it. */
export const idleMemory: Figure = {
  name: 'session.idle_memory',
  unit: 'MB',
  aim: { words: 'at most 0.5 MB', isMet: ({ ours }) => ours <= 0.5 },
  measure: async ({ ours, peer }) => ({ ours: await megabytesEach(ours), peer: await megabytesEach(peer) }),
};

async function megabytesEach(subject: Subject): Promise<number> {
  const memory = await openMemory(subject.process);
  const open: Terminal[] = [];
  try {
    // The first ones bring code and pools that all others share.
    await openMore(subject, open, 2 * atOnce);
    await delay(settleMs);
    const before = await memory.residentBytes();
    await openMore(subject, open, sessions);
    await delay(settleMs);
    const after = await memory.residentBytes();
    return (after - before) / sessions / 1e6;
  } finally {
    await Promise.all(open.map((terminal) => terminal.close()));
    await memory.close();
  }
}

async function openMore(subject: Subject, open: Terminal[], count: number): Promise<void> {
  for (let opened = 0; opened < count; opened += atOnce) {
    const more = Array.from({ length: atOnce }, () => Terminal.open(subject, { screen: false }));
    open.push(...(await Promise.all(more)));
  }
}
