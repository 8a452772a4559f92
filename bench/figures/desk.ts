import { listSessions } from '../../server/desk/list-sessions.ts';
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
    for (let round = 0; round < 10; round += 1) await msOfPage(bench, auditor.cookie, address(round)); // Warms up.
    const samples = await interleave({ rounds, budgetMs: 40_000 }, [
      (round) => msOfPage(bench, auditor.cookie, address(round)),
      () => msOfPage(bench, approver.cookie, '/sessions'),
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

async function msOfPage({ baseUrl }: Bench, cookie: string, address: string): Promise<number> {
  const startedAt = performance.now();
  const answer = await fetch(`${baseUrl}${address}`, { headers: { cookie }, redirect: 'error' });
  await answer.text();
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}.`);
  return performance.now() - startedAt;
}
