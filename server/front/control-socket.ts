import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { type Outcome, refuse } from '../errors.ts';
import type { Log } from '../log.ts';

/** What the portal may ask of the gateway: open a launch for whoever sent this `Cookie` header. */
export type OpenRequest = { launchId: string; password?: string | undefined; cookieHeader: string | undefined };
export type OpenAnswer = Outcome<{ sessionId: string }>;

/** Whether new sessions are refused, and how many run or are about to. */
export type DrainState = { isDraining: boolean; sessions: number };

const DrainStateSchema = z.object({ isDraining: z.boolean(), sessions: z.number().int() });

const openPath = '/launches/open';
const drainPath = '/drain';
const maxBodyBytes = 64 * 1024;
const answerMs = 45_000;
const drainMs = 2_000;

const OpenRequestSchema = z.object({
  launchId: z.uuid(),
  password: z.string().max(4096).optional(),
  cookieHeader: z.string().optional(),
});

const OpenAnswerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.object({ sessionId: z.string() }) }),
  z.object({
    ok: z.literal(false),
    code: z.string(),
    params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  }),
]);

export type ControlSocketOptions = {
  socketPath: string;
  log: Log;
  open(request: OpenRequest): Promise<OpenAnswer>;
  drain(): DrainState;
};

/** The gateway's door for the portal: a Unix socket that only this installation's user can connect to. */
export async function listenControl({
  socketPath,
  log,
  open,
  drain,
}: ControlSocketOptions): Promise<{ stop(): Promise<void> }> {
  const server = createServer({ requestTimeout: 10_000, keepAliveTimeout: 1_000 }, (request, response) => {
    answer(request, response, { open, drain }).catch((err) => {
      log.error('The portal could not be answered', { err });
      reply(response, 500, refuse('unavailable'));
    });
  });
  await rm(socketPath, { force: true }); // left by a process that was killed
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  await chmod(socketPath, 0o600);
  return {
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { open, drain }: Pick<ControlSocketOptions, 'open' | 'drain'>,
): Promise<void> {
  if (request.method === 'GET' && request.url === drainPath) return replyJson(response, 200, drain());
  const body = await readText(request);
  const parsed = body === undefined ? undefined : OpenRequestSchema.safeParse(readJson(body));
  if (request.method !== 'POST' || request.url !== openPath) return reply(response, 404, refuse('not_found'));
  if (!parsed?.success) return reply(response, 400, refuse('invalid_parameters'));
  const { launchId, password, cookieHeader } = parsed.data;
  reply(response, 200, await open({ launchId, password, cookieHeader }));
}

function reply(response: ServerResponse, status: number, outcome: OpenAnswer): void {
  replyJson(response, status, outcome);
}

function replyJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** For whoever owns the machine: how a gateway stands; `undefined` when there is none to ask. */
export async function askDrainState(socketPath: string): Promise<DrainState | undefined> {
  try {
    return DrainStateSchema.parse(
      JSON.parse(await exchange(socketPath, { method: 'GET', path: drainPath, withinMs: drainMs })),
    );
  } catch {
    return undefined;
  }
}

/** The portal's side: asks the gateway to open a launch. Refuses with `unavailable` when it cannot be reached. */
export async function askGatewayToOpen(socketPath: string, question: OpenRequest): Promise<OpenAnswer> {
  try {
    const body = JSON.stringify(question);
    const text = await exchange(socketPath, { method: 'POST', path: openPath, body });
    return OpenAnswerSchema.parse(JSON.parse(text)) as OpenAnswer;
  } catch {
    return refuse('unavailable'); // Without the error: it may hold what was sent.
  }
}

type Exchange = { method: string; path: string; body?: string; withinMs?: number };

function exchange(socketPath: string, { method, path, body = '', withinMs = answerMs }: Exchange): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const signal = AbortSignal.timeout(withinMs);
    const request = requestHttp({ socketPath, method, path, headers, agent: false, signal });
    request.on('error', reject);
    request.on('response', (response) => {
      readText(response).then((text) => (text === undefined ? reject(new Error('Too long')) : resolve(text)), reject);
    });
    request.end(body);
  });
}

async function readText(message: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
