import { watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { privateDirectory } from '../../db/embedded/place.ts';
import type { ChildConfig, Config } from '../config/config.ts';
import type { Log } from '../log.ts';
import { type Child, type ChildOptions, superviseChild } from './child.ts';
import { gatewaySocketOf } from './data-dir.ts';
import type { Unwind } from './unwind.ts';

type ChildProgram = { name: string; file: string; graceMs: number; nodeFlags?: readonly string[] };

// Together with PostgreSQL's own second, well within the ten that a clean stop may take.
const portalProgram: ChildProgram = { name: 'portal', file: 'portal-server.js', graceMs: 1_500 };
const gatewayProgram: ChildProgram = {
  name: 'gateway',
  file: 'gateway.js',
  graceMs: 7_500,
  // Output passes through in buffers that live for milliseconds. With a small nursery their memory is noticed early and
  // freed in passing; otherwise V8 takes it for growth and stops all sessions for a full collection, ten times a second.
  nodeFlags: ['--max-semi-space-size=4'],
};

const awsProgram: ChildProgram = {
  name: 'aws',
  file: 'aws-sidecar.js',
  graceMs: 3_000,
  // Bodies pass through as they do in the gateway.
  nodeFlags: ['--max-semi-space-size=4'],
};

export type ChildrenOptions = {
  config: ChildConfig;
  log: Log;
  draining: AbortSignal;
  writeLine?: ChildOptions['writeLine'];
};

/**
 * Starts portal, AWS proxy and gateway and resolves when all are ready. The gateway learns how all of them are, and, once
 * `draining` is aborted, that it opens no new sessions: whenever it was started.
 */
export async function startChildren(
  { config, log, draining, writeLine }: ChildrenOptions,
  unwind: Unwind,
): Promise<void> {
  const children: Child[] = [];
  const onChange = () => {
    const statuses = children.map((child) => child.status());
    for (const child of children) {
      if (child.status().name !== 'gateway') continue;
      child.send({ type: 'children', children: statuses });
      if (draining.aborted) child.send({ type: 'drain' });
    }
  };
  draining.addEventListener('abort', onChange);
  const start = ({ name, file, graceMs, nodeFlags = [] }: ChildProgram): Child => {
    const modulePath = join(config.rootDir, 'dist', file);
    const about = { name, modulePath, nodeFlags, config, log, onChange };
    const child = superviseChild({ ...about, ...(writeLine ? { writeLine } : {}) });
    children.push(child);
    unwind.later(name, () => child.stop(graceMs));
    if (config.dev) restartWhenBuilt(child, modulePath, unwind);
    return child;
  };
  // What is started last stops first: the gateway, so that its sessions end and their recordings are sealed.
  const portal = start(portalProgram);
  const aws = start(awsProgram);
  const gateway = start(gatewayProgram);
  await Promise.all([portal.ready, aws.ready, gateway.ready]);
  onChange();
}

/** A bundle is written in several steps; the child starts anew when they are over. */
function restartWhenBuilt(child: Child, modulePath: string, unwind: Unwind): void {
  let pause: NodeJS.Timeout | undefined;
  const watcher = watch(dirname(modulePath), (_event, file) => {
    if (file !== basename(modulePath)) return;
    clearTimeout(pause);
    pause = setTimeout(() => child.restart(), 100);
  });
  unwind.later('watching', async () => {
    clearTimeout(pause);
    watcher.close();
  });
}

/** What the children are told: never the owner's database, and a socket path that is short enough to be one. */
export async function childConfig(
  config: Config,
  secrets: { databaseUrl: string; authSecret: string },
): Promise<ChildConfig> {
  const { databaseOwnerUrl: _ownersOnly, demoAws: _demosOnly, ...rest } = config;
  const gatewaySocket = gatewaySocketOf(config.dataDir);
  const folder = dirname(gatewaySocket);
  await privateDirectory(folder, undefined);
  return {
    ...rest,
    ...secrets,
    portalSocket: join(folder, 'portal.sock'),
    gatewaySocket,
    awsSocket: join(folder, 'aws.sock'),
  };
}
