import { mkdir, readFile } from 'node:fs/promises';
import { type GatewayLock, holdGatewayLock } from '../db/gateway-lock.ts';
import { readSettings } from '../db/queries/settings.ts';
import { startAnchoring } from './audit/anchor.ts';
import { type AnchorFile, openAnchorFile } from './audit/anchor-file.ts';
import { targetRulesOf } from './bridges/target-rules.ts';
import { ChildProblem, type ChildTools, type Running, runAsChild } from './child-process.ts';
import { parseApiClients } from './config/api-clients.ts';
import { ConfigError } from './config/command-line.ts';
import type { ChildConfig } from './config/config.ts';
import { PrivateFileError, readPrivateFile } from './config/private-file.ts';
import type { Context } from './context.ts';
import { createContext } from './create-context.ts';
import { deleteRecordingsKind, deleteRecordingsWork, planDeletions } from './desk/delete-recordings-job.ts';
import { indexRecordingKind, indexRecordingWork, planUnread } from './desk/index-recording-job.ts';
import { refuse } from './errors.ts';
import { type DrainState, listenControl } from './front/control-socket.ts';
import { GatewayCounts } from './front/gateway-figures.ts';
import type { HttpServerOptions } from './front/http-server.ts';
import { counted, openFront } from './gateway-front.ts';
import { assertionKeys } from './identity-api/assertion.ts';
import { createIdentityClient, type IdentityClient } from './identity-api/client.ts';
import type { LaunchId } from './ids.ts';
import { createJobRunner, type JobKind } from './jobs/runner.ts';
import { endSessionKind, endSessionWork } from './launch/end-session-job.ts';
import { HeldConnections } from './launch/held-connections.ts';
import { openLaunch } from './launch/open-launch.ts';
import { createLive } from './live/live.ts';
import { whoIs } from './people/who-is.ts';
import { createEraser, type Eraser } from './recording/eraser.ts';
import { freeSpaceOf } from './recording/free-space.ts';
import { createIndexer, type Indexer } from './recording/indexer.ts';
import { readAllPublicKeys } from './recording/public-key.ts';
import { createScreens } from './recording/screens.ts';
import { createRecordingStore } from './recording/store.ts';
import { createVerifier } from './recording/verifier.ts';
import { KeyringFileError } from './vault/keyring-file.ts';
import { readUnlockCookie } from './vault/unlock-cookie.ts';

/** The gateway process: owns the port, holds the live sessions, and hands every other request to the portal. */
runAsChild({ name: 'gateway', start, stopWithinMs: 9_000, onRejection: 'exit' });

const verifyChild = new URL('./recording/verify-child.js', import.meta.url);

async function start(config: ChildConfig, tools: ChildTools): Promise<Running> {
  const tls = config.tls && (await readTls(config.tls));
  await mkdir(config.recordingsDir, { recursive: true, mode: 0o700 });
  const outside = await openAnchors(config);
  const lock = await takeLock(config, tools);
  const context = await createContext(config, 'gateway').catch(asProblem);
  const connections = new HeldConnections();
  const counts = new GatewayCounts();
  const identity = await identityClient(config, context);
  const screens = createScreens(new URL('./recording/screen-worker.js', import.meta.url));
  const live = await createLive({
    context,
    config,
    connections,
    recordings: createRecordingStore({
      root: config.recordingsDir,
      key: context.keyring.recording,
      clock: context.clock,
      monotonicMs: () => performance.now(),
      leastFreeBytes: leastFree(context),
      onDurable: (ms) => counts.durable.observeMs(ms),
    }),
    screens,
    measured: {
      echo: (ms) => counts.echo.observeMs(ms),
      ended: (reason) => counts.ends.add({ reason }),
      recorderFailed: (code) => counts.recorderFailures.add({ code }),
    },
    isOnlyGateway: true,
  });
  const indexer = createIndexer(new URL('./recording/index-worker.js', import.meta.url));
  const eraser = createEraser({
    root: config.recordingsDir,
    key: () => context.keyring.recording,
    publicKeys: async () => [context.keyring.recording.publicKeyPem, ...(await readAllPublicKeys(config.dataDir))],
    verifier: createVerifier(verifyChild),
  });
  await planUnread(context);
  await planDeletions(context);
  const jobs = await createJobRunner(context, kindsOfWork({ config, context, identity, indexer, eraser }), {
    isOnlyRunner: true,
  });
  let isDraining = false;
  const drain = () => {
    const { opening, active } = live.counts();
    return { isDraining, sessions: opening + active + connections.count };
  };
  const control = await openControl({ config, context, identity, connections, counts, drain });
  const front = await openFront({
    config,
    tls,
    context,
    live,
    counts,
    outside,
    verifier: createVerifier(verifyChild),
    leastFreeBytes: leastFree(context),
    isDraining: () => isDraining,
  });
  const anchoring = startAnchoring(context, { outside });
  return {
    port: front.listener.port,
    onChildren: front.onChildren,
    onDrain: () => {
      isDraining = true;
    },
    stop: async () => {
      front.beginStop();
      await control.stop();
      connections.clear();
      await live.stop();
      await screens.stop();
      await indexer.stop();
      eraser.stop();
      await jobs.stop();
      await front.listener.close(500);
      front.endStop();
      await anchoring.stop();
      await context.connection.close();
      await lock.release();
    },
  };
}

type WorkParts = { config: ChildConfig; context: Context; identity: IdentityClient; indexer: Indexer; eraser: Eraser };

function kindsOfWork({ config, context, identity, indexer, eraser }: WorkParts): Record<string, JobKind> {
  const root = config.recordingsDir;
  return {
    [endSessionKind]: endSessionWork(context, identity.endSession),
    [indexRecordingKind]: indexRecordingWork(context, (recording) => indexer.index({ root, ...recording })),
    [deleteRecordingsKind]: deleteRecordingsWork(context, eraser),
  };
}

const bytesOfGiB = 1024 ** 3;

/** What is to be left free on the disk of the recordings, as the settings say now. */
function leastFree({ connection }: Context): () => Promise<number> {
  return async () => (await readSettings(connection.db)).minFreeGiB * bytesOfGiB;
}

async function identityClient(config: ChildConfig, context: Context): Promise<IdentityClient> {
  const { apiClientsPath: path, publicUrl, portalSocket, apiUrls } = config;
  const clients = path === null ? new Map() : await readApiClients(path).catch(asProblem);
  return createIdentityClient({
    publicUrl,
    portalSocket,
    apiUrls,
    clientsOf: (apiUrl) => clients.get(apiUrl),
    assertionKey: assertionKeys(context.keyring.authSecret).privateKey,
    rules: () => targetRulesOf(config),
    clock: context.clock,
  });
}

async function readApiClients(path: string): Promise<ReturnType<typeof parseApiClients>> {
  const ifRead = 'If others may have read it, have new client secrets made.';
  const text = await readPrivateFile({ path, what: 'list of API clients', setting: 'API_CLIENTS', ifRead });
  if (text === undefined) throw new ConfigError(`There is no file at ${path}, which API_CLIENTS names.`);
  return parseApiClients(text, path);
}

/** What an administrator can mend is said as it is; starting again would not help. */
function asProblem(error: unknown): never {
  const isSentence = [ConfigError, PrivateFileError, KeyringFileError].some((kind) => error instanceof kind);
  throw isSentence ? new ChildProblem((error as Error).message) : error;
}

type ControlParts = {
  config: ChildConfig;
  context: Context;
  identity: IdentityClient;
  connections: HeldConnections;
  counts: GatewayCounts;
  drain(): DrainState;
};

/** Where the portal asks to open a launch. Who asks is looked up again here, from the person's own cookie. */
function openControl({
  config,
  context,
  identity,
  connections,
  counts,
  drain,
}: ControlParts): Promise<{ stop(): Promise<void> }> {
  const ports = {
    getCredential: identity.getCredential,
    hold: connections.hold.bind(connections),
    hasRoom: async () => (await freeSpaceOf(config.recordingsDir)).freeBytes >= (await leastFree(context)()),
  };
  return listenControl({
    socketPath: config.gatewaySocket,
    log: context.log,
    drain,
    open: counted(counts, 'launch', async ({ launchId, password, cookieHeader }) => {
      const who = await whoIs(context, cookieHeader);
      if (!who.ok) return who;
      if (drain().isDraining) return refuse('draining');
      const unlock = password === undefined ? readUnlockCookie(cookieHeader, context.publicUrl) : undefined;
      return openLaunch(context, who.value, { launchId: launchId as LaunchId, password, unlock }, ports);
    }),
  });
}

async function openAnchors({ auditAnchorPath: path }: ChildConfig): Promise<AnchorFile> {
  return openAnchorFile(path).catch((error: Error) => {
    throw new ChildProblem(`The anchor file of the audit log, ${path}, cannot be read: ${error.message}`);
  });
}

async function takeLock(config: ChildConfig, { giveUp }: ChildTools): Promise<GatewayLock> {
  const onLost = () => giveUp('Another gateway took over this installation while the database was out of reach');
  const lock = await holdGatewayLock(config.databaseUrl, { onLost });
  if (lock) return lock;
  throw new ChildProblem(
    'Another gateway serves this database. There can be one at a time; please stop the other first.',
  );
}

async function readTls({ certPath, keyPath }: NonNullable<ChildConfig['tls']>): Promise<HttpServerOptions['tls']> {
  try {
    return { cert: await readFile(certPath, 'utf8'), key: await readFile(keyPath, 'utf8') };
  } catch (error) {
    throw new ChildProblem(`TLS_CERT or TLS_KEY cannot be read: ${(error as Error).message}`);
  }
}
