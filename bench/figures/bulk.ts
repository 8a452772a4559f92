import { interleave, median } from '../rounds.ts';
import type { Subject } from '../subjects/subject.ts';
import { Terminal } from '../terminal.ts';
import type { TextFile } from '../text-file.ts';
import type { Figure } from './figure.ts';

/** How fast 60 MB of text get to a parsed terminal. */
export const bulk: Figure = {
  name: 'terminal.bulk',
  unit: 'MB/s',
  aim: { words: 'at least 0.8 of the peer', isMet: ({ ours, peer }) => ours >= 0.8 * peer },
  measure: async ({ ours, peer, text }) => {
    const [ourSeconds, peerSeconds] = await secondsOfBulk([ours, peer], text);
    return { ours: text.megabytes / ourSeconds, peer: text.megabytes / peerSeconds };
  },
};

/** What recording adds to the time of the same. */
export const recordingCost: Figure = {
  name: 'recording.cost',
  unit: '%',
  aim: { words: 'under 110 %', isMet: ({ ours, peer }) => ours < 1.1 * peer },
  peerName: 'ours without recording',
  measure: async ({ ours, unrecorded, text }) => {
    const [withIt, without] = await secondsOfBulk([ours, unrecorded], text);
    return { ours: (100 * withIt) / without, peer: 100 };
  },
};

async function secondsOfBulk(subjects: readonly [Subject, Subject], text: TextFile): Promise<[number, number]> {
  const [first, second] = [await Terminal.open(subjects[0]), await Terminal.open(subjects[1])];
  const seconds = (terminal: Terminal) => async () => {
    const startedAt = performance.now();
    await terminal.run(`cat ${text.path}`);
    return (performance.now() - startedAt) / 1000;
  };
  try {
    for (const terminal of [first, second]) await seconds(terminal)(); // Warms both up; not counted.
    const samples = await interleave({ rounds: 7, budgetMs: 35_000 }, [seconds(first), seconds(second)]);
    return [median(samples[0]!), median(samples[1]!)];
  } finally {
    await Promise.all([first.close(), second.close()]);
  }
}
