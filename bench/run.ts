import { Stack } from '../e2e/stack.ts';
import { createLog } from '../server/log.ts';
import { createUnwind, type Unwind } from '../server/supervise/unwind.ts';
import { awsWays, startSink } from './aws/installation.ts';
import { awsChunks, awsGet, awsMemory, awsPut, awsRate, awsSmall } from './figures/aws.ts';
import { bulk, recordingCost } from './figures/bulk.ts';
import { listOfDesk, searchOfDesk } from './figures/desk.ts';
import { echo, echoInFlood } from './figures/echo.ts';
import type { Bench, Figure } from './figures/figure.ts';
import { idleMemory } from './figures/idle-memory.ts';
import { indexCost, seekReplay } from './figures/replay.ts';
import { ownerWithViewers } from './figures/viewers.ts';
import { openInstallation } from './installation.ts';
import { startPageLoad } from './page-load.ts';
import { RecordingMaker } from './recordings.ts';
import { jsonLine, type Result, table } from './report.ts';
import { ours } from './subjects/ours.ts';
import { peer } from './subjects/peer.ts';
import { writeText } from './text-file.ts';
import { viewersAt } from './viewers.ts';

const figures: readonly Figure[] = [
  bulk,
  echo,
  echoInFlood,
  idleMemory,
  recordingCost,
  ownerWithViewers,
  seekReplay,
  indexCost,
  listOfDesk,
  searchOfDesk,
  awsSmall,
  awsRate,
  awsPut,
  awsGet,
  awsMemory,
  awsChunks,
];
const limitMs = 10 * 60_000;

/** `npm run bench -- [--json] [NAME]`: runs the figures whose names begin with NAME, and tells them. */
async function main(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  const [name = ''] = args.filter((arg) => !arg.startsWith('--'));
  const chosen = figures.filter((figure) => figure.name.startsWith(name));
  if (chosen.length === 0) {
    console.error(`There is no figure ${name}. There are: ${figures.map((figure) => figure.name).join(', ')}`);
    return 2;
  }
  const unwind = createUnwind(createLog('bench', 'warn'));
  try {
    return await Promise.race([measure(chosen, json, unwind), interruption()]);
  } finally {
    await unwind.all();
  }
}

async function measure(chosen: readonly Figure[], json: boolean, unwind: Unwind): Promise<number> {
  const bench = await prepare(unwind);
  const results: Result[] = [];
  for (const { measure, name, unit, aim, peerName = bench.peer.name } of chosen) {
    console.error(`Measuring ${name} …`);
    const { notes = [], ...measured } = await measure(bench);
    for (const note of notes) console.error(`  ${note}`);
    const result = { figure: name, ...measured, peerName, unit, aim };
    results.push(result);
    if (json) console.log(jsonLine(result));
  }
  if (!json) console.log(`\n${table(results)}`);
  return 0;
}

async function prepare(unwind: Unwind): Promise<Bench> {
  const text = await writeText(unwind);
  // The inspector, which measures memory, stays closed until it is asked for.
  const sink = await startSink(unwind);
  const stack = await Stack.start({ env: { NODE_OPTIONS: '--inspect-port=0', ...sink.env } });
  unwind.later('program', () => stack.stop());
  const gateway = { pid: await stack.childPid('gateway'), line: (pattern: RegExp) => stack.printed(pattern) };
  const installation = await openInstallation(stack, unwind);
  const { recorded, unrecorded } = installation.computers;
  const { ctx, auditor, approver } = installation;
  const maker = new RecordingMaker(ctx, stack);
  return {
    ours: ours({ baseUrl: stack.baseUrl, gateway }, installation, recorded),
    unrecorded: ours({ baseUrl: stack.baseUrl, gateway }, installation, unrecorded),
    peer: await peer(installation.host, unwind),
    text,
    startPageLoad: () => startPageLoad(stack.baseUrl, installation.user.cookie),
    lookAt: viewersAt(stack.baseUrl, installation, unwind),
    baseUrl: stack.baseUrl,
    ctx,
    auditor,
    approver,
    aws: once(() => awsWays(stack, sink.port, unwind)),
    long: once(() => maker.long()),
    shelf: once(() => maker.shelf()),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Somebody has had enough, or something hangs: what was started is stopped all the same. */
function interruption(): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(130));
    setTimeout(() => {
      console.error(`Given up after ${limitMs / 60_000} minutes.`);
      resolve(1);
    }, limitMs).unref();
  });
}

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
