import type { AnchorFile } from './audit/anchor-file.ts';
import { missingRows } from './audit/anchor-outside.ts';
import { exportLog } from './audit/export-log.ts';
import { ChildProblem } from './child-process.ts';
import type { ChildConfig } from './config/config.ts';
import type { Context } from './context.ts';
import { authorizePicture } from './desk/authorize-picture.ts';
import { authorizeRecording, NotedViewings } from './desk/authorize-recording.ts';
import { createStoredFigures } from './desk/stored-figures.ts';
import { verifyRecording } from './desk/verify-recording.ts';
import type { Outcome } from './errors.ts';
import { type AuditExportOptions, createAuditExport } from './front/audit-export.ts';
import { createAwsDoor, isAwsCall } from './front/aws-door.ts';
import { createClientReader } from './front/client-address.ts';
import { createFront } from './front/front.ts';
import { createFigures, type GatewayCounts } from './front/gateway-figures.ts';
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
import { identityPaths } from './identity-api/contract.ts';
import { receiveLaunch } from './launch/receive-launch.ts';
import { redeemTicket } from './launch/redeem-ticket.ts';
import type { Live } from './live/live.ts';
import { whoIs } from './people/who-is.ts';
import { readAllPublicKeys } from './recording/public-key.ts';
import type { Verifier } from './recording/verifier.ts';

type FrontParts = {
  config: ChildConfig;
  tls: HttpServerOptions['tls'];
  context: Context;
  live: Live;
  counts: GatewayCounts;
  isDraining(): boolean;
  outside: AnchorFile;
  /** Proves recordings for whoever asks at the desk. */
  verifier: Verifier;
  leastFreeBytes(): Promise<number>;
};

type OpenFront = {
  listener: Listener;
  onChildren(children: readonly ChildState[]): void;
  beginStop(): void;
  endStop(): void;
};

/** The door of the gateway: everything that HTTP and WebSockets reach, with what answers there. */
export async function openFront({
  config,
  tls,
  context,
  live,
  counts,
  outside,
  verifier,
  leastFreeBytes,
  isDraining,
}: FrontParts): Promise<OpenFront> {
  const ours = publicOriginOf(config.publicUrl);
  const { log } = context;
  let children: readonly ChildState[] = [];
  let isOpen = true;
  const health = createHealth({
    pingDatabase: () => context.connection.sql`select 1`,
    recordingsDir: config.recordingsDir,
    leastFreeBytes,
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
  const proveRecording = createRecordingProofs({ ours, log, ...provingFor({ config, context, outside, verifier }) });
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

type Proving = Pick<FrontParts, 'config' | 'context' | 'outside' | 'verifier'>;

function provingFor({
  config,
  context,
  outside,
  verifier,
}: Proving): Pick<RecordingProofsOptions, 'prove' | 'waiting'> {
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

/** The same act, with its refusals counted. */
export function counted<Input, T>(counts: GatewayCounts, door: string, act: (input: Input) => Promise<Outcome<T>>) {
  return async (input: Input): Promise<Outcome<T>> => {
    const outcome = await act(input);
    if (!outcome.ok) counts.refusals.add({ door, code: outcome.code });
    return outcome;
  };
}
