import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { listSessions } from '../../server/desk/list-sessions.ts';
import { firstSeed, type Shelf } from '../recordings.ts';
import { interleave, percentile } from '../rounds.ts';
import type { Bench, Figure } from './figure.ts';

const rounds = 100;
const aimMs = 200;
const aim: Figure['aim'] = { words: `under ${aimMs} ms`, isMet: ({ ours }) => ours < aimMs };

/** The pages of the list of sessions, as an auditor's browser gets them, with 500 sessions that have recordings. */
export const listOfDesk: Figure = {
  name: 'desk.list_p95',
  unit: 'ms',
  aim,
  peerName: 'the page of somebody without sessions',
  measure: async (bench) => {
    const { auditor, approver } = bench;
    const { sessions } = await bench.shelf();
    const middle = sessions[Math.floor(sessions.length / 2)];
    const addresses = ['', `?before=${middle}`, '?q=person', '?state=ended', '?recording=unplayable'];
    const address = (round: number) => `/sessions${addresses[round % addresses.length]}`;
    for (let round = 0; round < 10; round += 1) await pageOf(bench, auditor.cookie, address(round)); // Warms up.
    const samples = await interleave({ rounds, budgetMs: 40_000 }, [
      (round) => msOf(() => pageOf(bench, auditor.cookie, address(round))),
      () => msOf(() => pageOf(bench, approver.cookie, '/sessions')),
    ]);
    const [ours = [], peer = []] = samples;
    const queries = await interleave({ rounds, budgetMs: 10_000 }, [
      () => msOf(() => listSessions(bench.ctx, auditor.actor)),
    ]);
    return { ours: percentile(ours, 95), peer: percentile(peer, 95), notes: [ofWhich(ours, queries[0] ?? [])] };
  },
};

function ofWhich(pages: readonly number[], queries: readonly number[]): string {
  const [page, query] = [pages, queries].map((ms) => percentile(ms, 50).toFixed(0));
  return `Half of the pages in ${page} ms, of which ${query} ms are the use case.`;
}

async function msOf(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}

/** What is searched for: words that stand everywhere, words of one recording, words of none, and those of one person. */
function searchesOf({ sessions }: Shelf): string[] {
  const rare = Array.from({ length: 20 }, (_, n) => `${firstSeed + ((n * 37) % sessions.length)}-${n}`);
  return [...rare.flatMap((text) => [text, 'release bot after', `${text} of nobody`]), 'space left on device'];
}

/** Text in all recordings, as an auditor's browser searches it; beside `grep` over the same typescripts. */
export const searchOfDesk: Figure = {
  name: 'desk.search_p95',
  unit: 'ms',
  aim,
  peerName: 'grep over the typescripts',
  measure: async (bench) => {
    const shelf = await bench.shelf();
    const searches = searchesOf(shelf);
    const text = (round: number) => searches[round % searches.length] ?? '';
    const path = (round: number) => `/search?${new URLSearchParams({ text: text(round) })}`;
    const found = await pageOf(bench, bench.auditor.cookie, path(1)); // Warms up.
    if (!found.includes('#t=')) throw new Error(`Nothing was found of "${text(1)}".`);
    const samples = await interleave({ rounds: searches.length, budgetMs: 60_000 }, [
      (round) => msOf(() => pageOf(bench, bench.auditor.cookie, path(round))),
      (round) => msOf(() => grep(shelf.recordingsDir, text(round))),
    ]);
    const [ours = [], peer = []] = samples;
    const notes = [`${shelf.sessions.length} recordings, ${shelf.megabytes.toFixed(0)} MB, ${shelf.lines} lines.`];
    return { ours: percentile(ours, 95), peer: percentile(peer, 95), notes };
  },
};

/** Names the files that hold it. */
async function grep(folder: string, text: string): Promise<void> {
  const child = spawn('grep', ['-rlaF', '--include=typescript', '--', text, folder], { stdio: 'ignore' });
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0 && status !== 1) throw new Error(`grep ended with ${status}.`);
}

async function pageOf({ baseUrl }: Bench, cookie: string, address: string): Promise<string> {
  const answer = await fetch(`${baseUrl}${address}`, { headers: { cookie }, redirect: 'error' });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}.`);
  return answer.text();
}
