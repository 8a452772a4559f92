import type { WebSocket } from 'ws';
import { listen } from '../../db/notify.ts';
import { nativeCrypto } from '../bridges/algorithms.ts';
import { targetRulesOf } from '../bridges/target-rules.ts';
import type { TerminalCredential } from '../bridges/terminal-bridge.ts';
import { within } from '../clock.ts';
import type { ChildConfig } from '../config/config.ts';
import type { Context } from '../context.ts';
import type { LiveFigures } from '../front/gateway-figures.ts';
import type { SessionId } from '../ids.ts';
import type { AuthorizedAttachment, AuthorizedConnection, AuthorizedView } from '../launch/authorized-connection.ts';
import type { HeldConnections } from '../launch/held-connections.ts';
import type { Redeemed } from '../launch/redeem-ticket.ts';
import type { ScreenPicture } from '../protocol/screen-picture.ts';
import type { RecordingStore } from '../recording/port.ts';
import type { Screens } from '../recording/screens.ts';
import { makePrints, printKey } from '../recording/secret-prints.ts';
import { aimAt, tighten } from './aim.ts';
import { figuresOf } from './figures.ts';
import { createHeartbeat } from './heartbeat.ts';
import { openTerminal } from './open.ts';
import type { LivePorts, Measured } from './ports.ts';
import { createReaper } from './reaper.ts';
import { createRecheck } from './recheck.ts';
import { Registry } from './registry.ts';
import { createHostKeyStore, createSessionStore } from './session-store.ts';
import { TerminalSession } from './terminal-session.ts';
import { createViewStore } from './view-store.ts';

/** The one room where use cases, bridges and the recorder meet: every session that runs in this gateway. */
export type Live = {
  /** Takes an upgraded WebSocket and the proof that its ticket was redeemed. Never throws; the socket is told how it went. */
  attach(socket: WebSocket, redeemed: Redeemed): void;
  /** A small picture of a session that runs here; `undefined`: there is none. */
  picture(view: AuthorizedView): Promise<ScreenPicture | undefined>;
  /** Ends every session with `stopped`, seals their recordings and stops all timers and listeners; within 8 s. */
  stop(): Promise<void>;
  counts(): LiveCounts;
  figures(): LiveFigures;
};

export type LiveCounts = { opening: number; active: number };

export type LiveOptions = {
  context: Context;
  config: Pick<ChildConfig, 'allowTargets' | 'port' | 'awsListen'>;
  recordings: RecordingStore;
  screens: Screens;
  /** What identity APIs gave and nobody dialled yet. */
  connections: Pick<HeldConnections, 'take'>;
  /**
   * No other gateway of this installation runs, which its lock proves: sessions that an earlier one left behind are
   * ended at the start instead of when their leases run out.
   */
  isOnlyGateway: boolean;
  measured?: Measured;
  /** For tests: ports to take the place of the real ones. */
  ports?: Partial<LivePorts>;
};

const heartbeatMs = 5_000;
const reapMs = 5_000;
const recheckMs = 1_000;
const stopMs = 8_000;
const showMs = 20_000;
const unmeasured: Measured = { echo: () => undefined, ended: () => undefined, recorderFailed: () => undefined };

/** Starts the room: what earlier gateways left is ended first, then it listens for revocations and end requests. */
export async function createLive(options: LiveOptions): Promise<Live> {
  const { context: ctx, recordings } = options;
  const registry = new Registry();
  const ports = createPorts(options);
  const heartbeat = createHeartbeat(ctx, registry);
  const recheck = createRecheck(ctx, registry);
  const reaper = createReaper(ctx, registry, recordings);

  if (!nativeCrypto)
    ctx.log.warn('The native part of ssh2 is not built here, so that sessions cost more. See the README.');
  if (options.isOnlyGateway) await reaper.reapLeftBehind();
  await reaper.reap();
  const timers = [
    setInterval(() => void heartbeat.beat(), heartbeatMs),
    setInterval(() => void reaper.reap(), reapMs),
    setInterval(() => void recheck.check(), recheckMs),
  ];
  const { sql } = ctx.connection;
  const listeners = await Promise.all([
    listen(
      sql,
      'access_changed',
      () => void recheck.check(),
      () => void recheck.check(),
    ),
    listen(
      sql,
      'end_session',
      ({ sessionId, reason, by, detail }) => {
        const session = registry.get(sessionId as SessionId);
        if (session) void session.end({ reason, by, detail });
        else ports.takeConnection(sessionId as SessionId); // Nobody will come for it any more.
      },
      () => undefined,
    ),
  ]);

  let isStopping = false;
  function openHere(socket: WebSocket, authorized: AuthorizedConnection): void {
    // Taken before anything else may happen to it: a connection that nobody dials must not stay.
    const connection = ports.takeConnection(authorized.sessionId);
    const aimed = connection ? aimAt(tighten(authorized, connection), connection.targets[0]) : authorized;
    const session = new TerminalSession({ ports, authorized: aimed, socket });
    if (isStopping || !registry.add(session)) void session.end({ reason: isStopping ? 'stopped' : 'failed' });
    else session.open(() => openTerminal(ports, session, connection));
  }

  function comeBack(socket: WebSocket, { sessionId, actor }: AuthorizedAttachment): void {
    const session = registry.get(sessionId);
    if (session) session.seat.add({ socket, loginId: actor.login.id });
    else socket.close(1000); // Ended between its ticket and now; the next question for a ticket says so.
  }

  function look(socket: WebSocket, view: AuthorizedView): void {
    const session = registry.get(view.sessionId);
    if (session) session.viewers.add(socket, view);
    else socket.close(1000);
  }

  return {
    attach(socket, redeemed) {
      if (redeemed.purpose === 'attach') comeBack(socket, redeemed.authorized);
      else if (redeemed.purpose === 'watch') look(socket, redeemed.authorized);
      else openHere(socket, redeemed.authorized);
    },
    async picture(view) {
      try {
        return await registry.get(view.sessionId)?.viewers.glance(view);
      } catch (err) {
        ctx.log.debug('There is no picture of a session', { err, sessionId: view.sessionId });
        return undefined;
      }
    },
    async stop() {
      isStopping = true;
      for (const timer of timers) clearInterval(timer);
      const ends = registry.all().map((session) => session.end({ reason: 'stopped' }));
      const stopped = Promise.all(ends).then(() => Promise.all(listeners.map((listener) => listener.stop())));
      // What is not done by then is left to the reaper of the next start.
      await within(stopMs, stopped).catch(() => undefined);
    },
    figures: () => figuresOf(registry.all()),
    counts: () => ({ opening: registry.count('opening'), active: registry.count('active') }),
  };
}

function createPorts(options: LiveOptions): LivePorts {
  const { context: ctx, config, recordings, screens, connections, measured = unmeasured, ports } = options;
  return {
    recordings,
    screens,
    sessions: createSessionStore(ctx),
    views: createViewStore(ctx),
    hostKeys: createHostKeyStore(ctx),
    printsOf: (id, credential) => makePrints(printKey(ctx.keyring.authSecret, id), secretsOf(credential)),
    takeConnection: (id) => connections.take(id),
    targetRules: () => targetRulesOf(config),
    audit: ctx.audit,
    clock: ctx.clock,
    log: ctx.log,
    measured,
    showMs,
    ...ports,
  };
}

function secretsOf(credential: TerminalCredential): string[] {
  if (credential.type === 'password') return [credential.password];
  return [credential.privateKey, ...(credential.passphrase === undefined ? [] : [credential.passphrase])];
}
