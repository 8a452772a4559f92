import { join } from 'node:path';
import { readSettings } from '../db/queries/settings.ts';
import { roomFor } from './aws/bodies/room.ts';
import { leavesOf, newAuthority } from './aws/certificates/authority.ts';
import { listenForConnect } from './aws/connect-listener.ts';
import { createDialer } from './aws/dial.ts';
import { loadEndpoints } from './aws/endpoints/endpoints.ts';
import { createHandler } from './aws/handler.ts';
import { createLimiter } from './aws/limits.ts';
import { lazyOperations } from './aws/operations/table.ts';
import { createReplays } from './aws/replays.ts';
import { listenOnSocket } from './aws/socket-listener.ts';
import { targetRulesOf } from './bridges/target-rules.ts';
import { createCalls } from './calls/calls.ts';
import { ChildProblem, type ChildTools, type Running, runAsChild } from './child-process.ts';
import type { ChildConfig } from './config/config.ts';
import type { Context } from './context.ts';
import { createContext } from './create-context.ts';
import { type Settings, settingsFrom } from './protocol/settings.ts';
import { KeyringFileError } from './vault/keyring-file.ts';
import { proxyAuthority } from './vault/proxy-authority.ts';

/** The process of the AWS proxy: CONNECT on a port of its own, and on a socket what the gateway gets at `/aws`. */
runAsChild({ name: 'aws', start, stopWithinMs: 2_900, onRejection: 'exit' });

const minuteMs = 60_000;
/** A signature may be this much too old or too young at most, so it is good for twice as long. */
const replayMs = 30 * minuteMs;

async function start(config: ChildConfig, { log }: ChildTools): Promise<Running> {
  const context = await createContext(config, 'aws').catch(asProblem);
  const settings = await followSettings(context);
  const authority = await openAuthority(context);
  // Without its certificate no client could be let in.
  const isOn = () => authority !== undefined && settings.now().awsProxy;
  const gapMs = () => settings.now().awsSessionGapMinutes * minuteMs;
  const calls = await createCalls({ context, journalDirectory: join(config.dataDir, 'aws-calls'), isOn, gapMs });
  const dialer = createDialer({ rules: () => targetRulesOf(config) });
  const endpoints = await loadEndpoints(config.rootDir);
  const handle = createHandler({
    ports: { isOn, skewMs: () => settings.now().awsSkewMinutes * minuteMs, ...calls },
    operations: lazyOperations(config.rootDir),
    endpoints,
    dialer,
    room: roomFor(),
    limiter: createLimiter(),
    replays: createReplays({ keptMs: replayMs }),
    now: () => context.clock.now(),
    log,
  });
  const leaves = leavesOf(authority ?? newAuthority(context.clock.now()), { now: () => context.clock.now() });
  const { host, port } = config.awsListen;
  const proxy = await listenForConnect({ isOn, endpoints, leaves, handle, log }, config.awsListen).catch((error) => {
    throw new ChildProblem(`The AWS proxy cannot listen on ${host} port ${port}: ${error.message}`);
  });
  const door = await listenOnSocket({ socketPath: config.awsSocket, handle, log });
  return {
    port: proxy.port,
    stop: async () => {
      const closed = Promise.all([proxy.close(500), door.close(500)]);
      // Ends the sessions, and with them what is still being transferred.
      await calls.stop();
      await closed;
      dialer.close();
      settings.stop();
      await context.connection.close();
    },
  };
}

const freshMs = 1_000;

/** The settings as they were a second ago at most. While the database is away the last ones count. */
async function followSettings({ connection, log }: Context): Promise<{ now(): Settings; stop(): void }> {
  let settings = await readSettings(connection.db).catch(() => settingsFrom(new Map()));
  const timer = setInterval(() => {
    readSettings(connection.db).then(
      (read) => {
        settings = read;
      },
      (err) => log.debug('The settings could not be read', { err }),
    );
  }, freshMs);
  return { now: () => settings, stop: () => clearInterval(timer) };
}

async function openAuthority(context: Context) {
  try {
    return await proxyAuthority(context, newAuthority);
  } catch (err) {
    context.log.error('The AWS proxy stays off: its certificate authority cannot be opened', { err });
    return undefined;
  }
}

/** What an administrator can mend is said as it is; starting again would not help. */
function asProblem(error: unknown): never {
  throw error instanceof KeyringFileError ? new ChildProblem(error.message) : error;
}
