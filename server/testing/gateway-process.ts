import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ChildConfig } from '../config/config.ts';
import { environmentForOthers } from '../config/env.ts';
import type { FromChild } from '../supervise/child-messages.ts';
import { loadOrCreateKeyring } from '../vault/keyring-file.ts';

/** The gateway as a process of its own, whose supervisor the test is. */
export type GatewayProcess = {
  child: ChildProcess;
  exited: Promise<number | null>;
  /** What it said first: that it is ready, or why it cannot start. */
  first: FromChild;
  /** 0 when it did not start. */
  port: number;
  log(): string;
  /** Kills it without a word and waits until it is gone. */
  kill(): Promise<void>;
};

/** The configuration of an installation in `folder`, with a keyring that is made there; plain, on loopback, port 0. */
export async function gatewayConfigIn(
  folder: string,
  { databaseUrl, publicUrl }: Pick<ChildConfig, 'databaseUrl' | 'publicUrl'>,
): Promise<ChildConfig> {
  const keyringPath = join(folder, 'keyring.json');
  const { authSecret } = await loadOrCreateKeyring(keyringPath);
  return {
    demo: false,
    dev: false,
    rootDir: folder,
    dataDir: folder,
    recordingsDir: join(folder, 'recordings'),
    listen: '127.0.0.1',
    port: 0,
    publicUrl,
    tls: null,
    trustProxy: [],
    databaseUrl,
    keyringPath,
    keyringKms: null,
    auditAnchorPath: join(folder, 'audit-anchors.ndjson'),
    awsListen: { host: '127.0.0.1', port: 0 },
    allowTargets: [],
    logLevel: 'warn',
    authSecret,
    portalSocket: join(folder, 'portal.sock'),
    gatewaySocket: join(folder, 'gateway.sock'),
    awsSocket: join(folder, 'aws.sock'),
    apiUrls: [],
    apiClientsPath: null,
    allowQueryLaunch: false,
    metricsToken: null,
  };
}

/** Starts the gateway from its source, and waits for its first word. Rejects with its log when it ends without one. */
export function startGatewayProcess(config: ChildConfig, env: Record<string, string> = {}): Promise<GatewayProcess> {
  return startChildProcess('gateway.ts', config, env);
}

/** The same for another child of the supervisor, such as `aws-sidecar.ts`. */
export async function startChildProcess(
  file: string,
  config: ChildConfig,
  env: Record<string, string> = {},
): Promise<GatewayProcess> {
  const child = fork(join(import.meta.dirname, '..', file), [], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...environmentForOthers(), ...env },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      log += String(chunk);
    });
  }
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  child.send({ type: 'config', config });
  const first = await Promise.race([
    once(child, 'message').then(([message]) => message as FromChild),
    exited.then((code) => Promise.reject(new Error(`ended with ${code}: ${log}`))),
  ]);
  const port = first.type === 'ready' ? (first.port ?? 0) : 0;
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return { child, exited, first, port, log: () => log, kill };
}
