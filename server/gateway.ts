import { mkdir, readFile } from 'node:fs/promises';
import { type GatewayLock, holdGatewayLock } from '../db/gateway-lock.ts';
import { startAnchoring } from './audit/anchor.ts';
import { type AnchorFile, openAnchorFile } from './audit/anchor-file.ts';
import { missingRows } from './audit/anchor-outside.ts';
import { exportLog } from './audit/export-log.ts';
import { targetRulesOf } from './bridges/target-rules.ts';
import { ChildProblem, type ChildTools, type Running, runAsChild } from './child-process.ts';
import { parseApiClients } from './config/api-clients.ts';
import { ConfigError } from './config/command-line.ts';
import type { ChildConfig } from './config/config.ts';
import { PrivateFileError, readPrivateFile } from './config/private-file.ts';
import type { Context } from './context.ts';
import { createContext } from './create-context.ts';
import { authorizePicture } from './desk/authorize-picture.ts';
import { authorizeRecording, NotedViewings } from './desk/authorize-recording.ts';
import { indexRecordingKind, indexRecordingWork, planUnread } from './desk/index-recording-job.ts';
import { createStoredFigures } from './desk/stored-figures.ts';
import { verifyRecording } from './desk/verify-recording.ts';
import { type Outcome, refuse } from './errors.ts';
import { type AuditExportOptions, createAuditExport } from './front/audit-export.ts';
import { createAwsDoor, isAwsCall } from './front/aws-door.ts';
import { createClientReader } from './front/client-address.ts';
import { type DrainState, listenControl } from './front/control-socket.ts';
import { createFront } from './front/front.ts';
import { createFigures, GatewayCounts } from './front/gateway-figures.ts';
import { type ChildState, createHealth } from './front/health.ts';
import { type HttpServerOptions, type Listener, listenHttp } from './front/http-server.ts';
import { createIdentityDoor } from './front/identity-door.ts';
import { createLaunchDoor, isLaunch } from './front/launch-door.ts';
import { createMetrics } from './front/metrics.ts';
import { createPictureReads } from './front/picture-reads.ts';
import { createPortalProxy } from './front/portal-proxy.ts';
import { publicOriginOf } from './front/public-origin.ts';
import { createRecordingProofs, type RecordingProofsOptions } from './front/recording-proofs.ts';
import { createRecordingReads, type RecordingReadsOptions } from './front/recording-reads.ts';
import type { Attempt } from './front/same-origin.ts';
import { createUpgrades } from './front/upgrades.ts';
import { assertionKeys } from './identity-api/assertion.ts';
import { createIdentityClient, type IdentityClient } from './identity-api/client.ts';
import { identityPaths } from './identity-api/contract.ts';
import type { LaunchId } from './ids.ts';
import { createJobRunner, type JobKind } from './jobs/runner.ts';
import { endSessionKind, endSessionWork } from './launch/end-session-job.ts';
import { HeldConnections } from './launch/held-connections.ts';
import { openLaunch } from './launch/open-launch.ts';
import { receiveLaunch } from './launch/receive-launch.ts';
import { redeemTicket } from './launch/redeem-ticket.ts';
import { createLive, type Live } from './live/live.ts';
import { whoIs } from './people/who-is.ts';
import { createIndexer, type Indexer } from './recording/indexer.ts';
import { readAllPublicKeys } from './recording/public-key.ts';
import { createScreens } from './recording/screens.ts';
import { createRecordingStore } from './recording/store.ts';
import { createVerifier } from './recording/verifier.ts';
import { KeyringFileError } from './vault/keyring-file.ts';
import { readUnlockCookie } from './vault/unlock-cookie.ts';

/** The gateway process: owns the port, holds the live sessions, and hands every other request to the portal. */
runAsChild({ name: 'gateway', start, stopWithinMs: 9_000, onRejection: 'exit' });

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
  await planUnread(context);
  const jobs = await createJobRunner(context, kindsOfWork({ config, context, identity, indexer }), {
    isOnlyRunner: true,
  });
  let isDraining = false;
  const drain = () => {
    const { opening, active } = live.counts();
    return { isDraining, sessions: opening + active + connections.count };
  };
  const control = await openControl({ config, context, identity, connections, counts, drain });
  const front = await openFront({ config, tls, context, live, counts, outside, isDraining: () => isDraining });
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
      await jobs.stop();
      await front.listener.close(500);
      front.endStop();
      await anchoring.stop();
      await context.connection.close();
      await lock.release();
    },
  };
}

type WorkParts = { config: ChildConfig; context: Context; identity: IdentityClient; indexer: Indexer };

function kindsOfWork({ config, context, identity, indexer }: WorkParts): Record<string, JobKind> {
  const root = config.recordingsDir;
  return {
    [endSessionKind]: endSessionWork(context, identity.endSession),
    [indexRecordingKind]: indexRecordingWork(context, (recording) => indexer.index({ root, ...recording })),
  };
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

/** The same act, with its refusals counted. */
function counted<Input, T>(counts: GatewayCounts, door: string, act: (input: Input) => Promise<Outcome<T>>) {
  return async (input: Input): Promise<Outcome<T>> => {
    const outcome = await act(input);
    if (!outcome.ok) counts.refusals.add({ door, code: outcome.code });
    return outcome;
  };
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

type FrontParts = {
  config: ChildConfig;
  tls: HttpServerOptions['tls'];
  context: Context;
  live: Live;
  counts: GatewayCounts;
  isDraining(): boolean;
  outside: AnchorFile;
};

type OpenFront = {
  listener: Listener;
  onChildren(children: readonly ChildState[]): void;
  beginStop(): void;
  endStop(): void;
};

async function openFront({ config, tls, context, live, counts, outside, isDraining }: FrontParts): Promise<OpenFront> {
  const ours = publicOriginOf(config.publicUrl);
  const { log } = context;
  let children: readonly ChildState[] = [];
  let isOpen = true;
  const health = createHealth({
    pingDatabase: () => context.connection.sql`select 1`,
    recordingsDir: config.recordingsDir,
    children: () => children,
    isOpen: () => isOpen,
  });
  const stored = createStoredFigures(context);
  const figures = createFigures(counts, { live: live.figures, stored, health: health.report, isDraining });
  const metrics = createMetrics({ ours, token: config.metricsToken, read: figures.read });
  const aws = createAwsDoor({ socketPath: config.awsSocket, ours, log });
  const portal = createPortalProxy({ socketPath: config.portalSocket, ours, log });
  const readRecording = createRecordingReads({
    root: config.recordingsDir,
    publicKeyPem: context.keyring.recording.publicKeyPem,
    ours,
    log,
    authorize: authorizeReading(context),
  });
  const proveRecording = createRecordingProofs({ ours, log, ...provingFor({ config, context, outside }) });
  const readPicture = createPictureReads({
    ours,
    authorize: (wish) => authorizePicture(context, wish),
    picture: live.picture,
  });
  const exportAudit = createAuditExport({ ours, log, open: openAuditExport(context) });
  const upgrades = createUpgrades({
    ours,
    log,
    redeem: counted(counts, 'websocket', (input) => redeemTicket(context, input)),
    attach: live.attach,
    ...(config.dev ? { hotReloadSocketPath: config.portalSocket } : {}),
  });
  const readClient = createClientReader(config.trustProxy);
  const apiUrls = [ours.origin, ...config.apiUrls];
  const launch = createLaunchDoor({
    ours,
    allowQuery: config.allowQueryLaunch,
    receive: (params, origin) => receiveLaunch(context, { params, origin, apiUrls }),
  });
  const exemptions = [isLaunch, isIdentityCall, isAwsCall];
  const answers = {
    health,
    metrics,
    readRecording,
    proveRecording,
    readPicture,
    exportAudit,
    portal,
    aws,
    launch,
    identityDoor: createIdentityDoor(ours),
  };
  const onRequest = createFront({ ours, dev: config.dev, log, readClient, ...answers, exemptions });
  const address = { host: config.listen, port: config.port };
  const listener = await listenHttp({ tls, onRequest, onUpgrade: upgrades.handle, log }, address).catch((error) => {
    throw new ChildProblem(`The gateway cannot listen on ${config.listen} port ${config.port}: ${error.message}`);
  });
  return {
    listener,
    onChildren: (next) => {
      children = next;
    },
    beginStop: () => {
      isOpen = false;
      upgrades.stop();
    },
    endStop: () => {
      portal.close();
      aws.close();
      figures.stop();
    },
  };
}

const identityAddresses: ReadonlySet<string> = new Set(Object.values(identityPaths));

/** Programs with a Bearer token have no cookie that a foreign page could use. Whether they may is the portal's to say. */
function isIdentityCall({ method, path, headers }: Attempt): boolean {
  return method === 'POST' && identityAddresses.has(path) && /^Bearer /i.test(headers.authorization ?? '');
}

function authorizeReading(context: Context): RecordingReadsOptions['authorize'] {
  const noted = new NotedViewings();
  return async ({ cookieHeader, ...wish }) => {
    const who = await whoIs(context, cookieHeader);
    return who.ok ? authorizeRecording(context, who.value, wish, noted) : who;
  };
}

type Proving = Pick<FrontParts, 'config' | 'context' | 'outside'>;

function provingFor({ config, context, outside }: Proving): Pick<RecordingProofsOptions, 'prove' | 'waiting'> {
  const verifier = createVerifier(new URL('./recording/verify-child.js', import.meta.url));
  const root = config.recordingsDir;
  const { publicKeyPem } = context.keyring.recording;
  return {
    waiting: () => verifier.waiting,
    async prove({ cookieHeader, sessionId, ...options }) {
      const who = await whoIs(context, cookieHeader);
      if (!who.ok) return who;
      const olderKeys = await readAllPublicKeys(config.dataDir);
      return verifyRecording(
        context,
        who.value,
        { sessionId },
        {
          verify: (recording) => verifier.verify({ root, publicKeyPem, olderKeys, ...recording }, options),
          missingRows: () => missingRows(context, outside),
        },
      );
    },
  };
}

function openAuditExport(context: Context): AuditExportOptions['open'] {
  return async ({ cookieHeader, filters }) => {
    const who = await whoIs(context, cookieHeader);
    return who.ok ? exportLog(context, who.value, { filters }) : who;
  };
}
