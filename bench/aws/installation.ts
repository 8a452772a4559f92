import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from '../../e2e/stack.ts';
import type { Unwind } from '../../server/supervise/unwind.ts';
import { type Program, startProgram } from '../program.ts';
import { Caller, type CallerKey } from './caller.ts';
import type { RelayOptions } from './relay.ts';

/** Three ways to the same sink, and the processes on two of them. */
export type AwsWays = {
  ours: { caller: Caller; pid: number };
  relay: { caller: Caller; pid: number };
  direct: Caller;
};

const key = { accessKeyId: 'AKIABENCH', secretAccessKey: 'a-secret-for-the-bench' };

/** The program in the place of AWS; `env` lets the demo call it. */
export async function startSink(unwind: Unwind): Promise<{ port: number; env: Record<string, string> }> {
  const port = await startedAt(['bench/aws/sink.ts'], unwind).then((program) => program.port);
  const env = {
    AWS_LISTEN: '127.0.0.1:0',
    DEMO_AWS_ENDPOINT: `http://127.0.0.1:${port}`,
    DEMO_AWS_ACCESS_KEY_ID: key.accessKeyId,
    DEMO_AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
  };
  return { port, env };
}

/** Opens all ways; the demo must have been started with the sink. */
export async function awsWays(stack: Stack, sinkPort: number, unwind: Unwind): Promise<AwsWays> {
  const { aws } = stack.demo;
  if (!aws) throw new Error('The demo has no AWS.');
  const caPath = join(stack.dataDir, 'relay.pem');
  const options: RelayOptions = { sinkPort, caPath };
  const relay = await startedAt(['bench/aws/relay.ts', JSON.stringify(options)], unwind);
  const token: CallerKey = { accessKeyId: `${aws.tokenId}#${aws.record}`, secretAccessKey: aws.secret };
  const own = { port: Number(new URL(aws.proxy).port), caPem: readFileSync(aws.caFile, 'utf8') };
  const ways = {
    ours: { caller: new Caller(own, token), pid: await stack.childPid('aws') },
    relay: { caller: new Caller({ port: relay.port, caPem: readFileSync(caPath, 'utf8') }, token), pid: relay.pid },
    direct: new Caller({ port: sinkPort }, token),
  };
  unwind.later('callers', async () => {
    for (const caller of [ways.ours.caller, ways.relay.caller, ways.direct]) caller.close();
  });
  return ways;
}

async function startedAt(args: string[], unwind: Unwind): Promise<Pick<Program, 'pid'> & { port: number }> {
  const program = startProgram(['--import', 'tsx', ...args]);
  unwind.later(args[0] ?? '', program.stop);
  const [, port] = await program.line(/^Listening on port (\d+)/);
  return { pid: program.pid, port: Number(port) };
}
