import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { SessionId } from '../server/ids.ts';
import type { Unwind } from '../server/supervise/unwind.ts';
import type { Installation } from './installation.ts';

/** How somebody who looks reads what they are sent: all of it at once, 10 KB/s of it, or nothing any more. */
export type Pace = 'fast' | 'slow' | 'stalled';

export type ViewersOrder = { baseUrl: string; cookie: string; viewers: { ticket: string; pace: Pace }[] };

export type ViewersAnswer = 'done' | { error: string };

export type Look = { leave(): Promise<void> };
/** One who looks at this session for each pace. Resolves when all of them have been shown its screen. */
export type LookAt = (sessionId: SessionId, paces: readonly Pace[]) => Promise<Look>;

/** Those who look have a process of their own, so that the terminal that is measured does not read for them. */
export function viewersAt(baseUrl: string, { auditor: { cookie }, watch }: Installation, unwind: Unwind): LookAt {
  let started: ChildProcess | undefined;
  const ask = async (order: ViewersOrder | 'leave') => {
    started ??= startChild(unwind);
    const answered = once(started, 'message');
    started.send(order);
    const [answer] = (await answered) as [ViewersAnswer];
    if (answer !== 'done') throw new Error(answer.error);
  };
  return async (sessionId, paces) => {
    const viewers: ViewersOrder['viewers'] = [];
    for (const pace of paces) viewers.push({ ticket: await watch(sessionId), pace });
    await ask({ baseUrl, cookie, viewers });
    return { leave: () => ask('leave') };
  };
}

function startChild(unwind: Unwind): ChildProcess {
  const child = fork(join(import.meta.dirname, 'viewers-child.ts'), { execArgv: ['--import', 'tsx'] });
  unwind.later('viewers', async () => {
    const exited = once(child, 'exit');
    child.disconnect();
    await exited;
  });
  return child;
}
