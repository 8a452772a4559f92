import { setTimeout as delay } from 'node:timers/promises';
import { holderOf } from '../../db/embedded/process-lock.ts';
import { readArguments } from '../config/command-arguments.ts';
import { answering, type CommandAnswer, type ConfigFor, done, refused } from './command.ts';
import { assertOurs, gatewaySocketOf, lockPathOf } from './data-dir.ts';

const usage = `npm run drain -- [options]

Lets no new sessions begin and those that run go on, so that Sallyport can be stopped or upgraded without ending any.
Says how many run. It stays so until Sallyport is started again. The same as SIGUSR2 to the process of npm start.

  --wait            waits until none runs any more
  --data-dir DIR    another DATA_DIR
  --demo            the demo

Ends with 0 when no new sessions are opened (with --wait: when none runs any more), 1 when Sallyport does not run, 2
when it could not be carried out.`;

export type DrainState = { isDraining: boolean; sessions: number };

export type DrainPorts = {
  /** Something to tell while the command waits. */
  say(line: string): void;
  /** `undefined`: no gateway answers there that knows of draining. */
  askState(socketPath: string): Promise<DrainState | undefined>;
  /** Default: SIGUSR2. */
  signal?(pid: number): void;
  pollMs?: number;
};

/** How long the supervisor and its gateway may take to hear of it. */
const hearsWithinMs = 10_000;

/** Carries out `npm run drain`. */
export function drainCommand(argv: readonly string[], configFor: ConfigFor, ports: DrainPorts): Promise<CommandAnswer> {
  return answering('The sessions could not be let run out', async () => {
    const order = parse(argv);
    if (order === 'help') return done(usage);
    const { dataDir } = configFor(order.flags);
    await assertOurs(dataDir);
    const holder = await holderOf(lockPathOf(dataDir));
    if (!holder) return refused(`Sallyport does not run on ${dataDir}, so that no session can begin or end.`);
    const { signal = usr2, pollMs = 1_000 } = ports;
    const ask = () => ports.askState(gatewaySocketOf(dataDir));
    // A program that does not know this signal would end by it, with all sessions.
    if (!(await ask()))
      return { status: 2, text: 'The gateway does not answer, or is of an earlier version. Try again.' };
    signal(holder.pid);
    const state = await untilDraining(ask, pollMs);
    if (!state)
      return { status: 2, text: 'The gateway did not hear of it. Look at the log of Sallyport, and try again.' };
    if (!order.wait) return done(`No new sessions are opened. ${running(state.sessions)}`);
    ports.say(`No new sessions are opened. ${running(state.sessions)}`);
    return untilNone({ ask, isThere: async () => (await holderOf(lockPathOf(dataDir))) !== undefined, ports, state });
  });
}

type Order = { wait: boolean; flags: string[] };

function parse(argv: readonly string[]): Order | 'help' {
  const { values, flags, isHelp } = readArguments(argv, { usage, options: { wait: { type: 'boolean' } } });
  return isHelp ? 'help' : { wait: values.wait ?? false, flags };
}

function usr2(pid: number): void {
  process.kill(pid, 'SIGUSR2');
}

type Ask = () => Promise<DrainState | undefined>;

async function untilDraining(ask: Ask, pollMs: number): Promise<DrainState | undefined> {
  const deadlineMs = performance.now() + hearsWithinMs;
  while (performance.now() < deadlineMs) {
    const state = await ask();
    if (state?.isDraining) return state;
    await delay(Math.min(pollMs, 200));
  }
  return undefined;
}

type Waiting = { ask: Ask; isThere(): Promise<boolean>; ports: DrainPorts; state: DrainState };

async function untilNone({ ask, isThere, ports, state }: Waiting): Promise<CommandAnswer> {
  let before = state.sessions;
  while (before > 0) {
    await delay(ports.pollMs ?? 1_000);
    const now = await ask();
    if (!now && !(await isThere())) return refused('Sallyport was stopped meanwhile, and the sessions with it.');
    if (!now || now.sessions === before) continue;
    before = now.sessions;
    if (before > 0) ports.say(running(before));
  }
  return done('No session runs any more. Sallyport can be stopped.');
}

function running(sessions: number): string {
  if (sessions === 0) return 'None runs.';
  return sessions === 1 ? '1 session goes on.' : `${sessions} sessions go on.`;
}
