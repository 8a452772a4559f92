import { listen } from '../../db/notify.ts';
import type { AwsPorts, TokenForCall } from '../aws/ports.ts';
import type { Context } from '../context.ts';
import type { SessionId } from '../ids.ts';
import { authorizeCall, type CallDesk } from './authorize-call.ts';
import { createCallSessions } from './call-sessions.ts';
import { createDrain } from './drain.ts';
import { type Journal, openJournal } from './journal.ts';
import { endLeftBehind, finishUnfinished } from './left-behind.ts';
import { createCallNotes } from './note-calls.ts';
import { createRefusalNotes } from './note-refusals.ts';
import { createPauses } from './pauses.ts';
import { type CallLimits, createCallRecheck } from './recheck-calls.ts';
import { createTokenCache } from './token-cache.ts';

/** What the AWS proxy asks of the rest of the program, and what ends with its process. */
export type Calls = Pick<AwsPorts, 'findToken' | 'authorize' | 'opened' | 'finished' | 'refused'> & {
  /** Ends every session with `stopped`, writes what waits, and stops all timers and listeners. */
  stop(): Promise<void>;
};

export type CallsOptions = CallLimits & {
  context: Context;
  /** The journal's own folder, on a disk that survives this process. */
  journalDirectory: string;
  /** For tests: a journal to take the place of the real one. */
  journal?: Journal;
};

const tickMs = 1_000;
const sweepMs = 60_000;

/**
 * Takes up what an earlier process left, then holds sessions of calls until `stop`. One per installation: whatever sessions
 * of calls another process held are ended here.
 */
export async function createCalls(options: CallsOptions): Promise<Calls> {
  const { context: ctx, isOn, journalDirectory } = options;
  const journal = options.journal ?? (await openJournal({ directory: journalDirectory, log: ctx.log }));
  const drain = createDrain(ctx, journal);
  const sessions = createCallSessions(ctx);
  const tokens = createTokenCache(ctx);
  const recheck = createCallRecheck(ctx, sessions, options);
  const refusals = createRefusalNotes(ctx);
  const pauses = createPauses(ctx);
  const isPaused: CallDesk['isPaused'] = (access, record) => pauses.has(`${access.token.id}/${record.record.id}`);
  const desk: CallDesk = { ctx, tokens, sessions, isOn, isPaused };

  await drain.drain();
  await endLeftBehind(ctx);
  await finishUnfinished(ctx, 0);
  const timers = [
    setInterval(() => {
      void recheck();
      void drain.drain();
    }, tickMs),
    setInterval(() => {
      void refusals.flush();
      void finishUnfinished(ctx, sweepMs);
    }, sweepMs),
  ];
  const changed = () => {
    tokens.forget();
    void recheck();
  };
  const listeners = await Promise.all([
    listen(ctx.connection.sql, 'access_changed', changed, changed),
    listen(
      ctx.connection.sql,
      'end_session',
      ({ sessionId, reason, detail }) => {
        const session = sessions.get(sessionId as SessionId);
        if (!session) return;
        if (reason === 'terminated') pauses.add(`${session.tokenId}/${session.credentialId}`);
        void sessions.end(session, { reason, detail });
      },
      () => undefined,
    ),
  ]);

  return {
    findToken: (tokenId) => findToken(ctx, tokens, tokenId),
    authorize: (question) => authorizeCall(desk, question),
    ...createCallNotes({ ctx, journal, drain, sessions, refusals }),
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(sessions.running().map((session) => sessions.end(session, { reason: 'stopped' })));
      await refusals.flush();
      await journal.close();
      drain.stop();
      await drain.drain();
      await Promise.all(listeners.map((listener) => listener.stop()));
    },
  };
}

async function findToken(
  ctx: Context,
  tokens: ReturnType<typeof createTokenCache>,
  tokenId: string,
): Promise<TokenForCall | undefined> {
  const known = await tokens.byName(tokenId);
  if (!known) return undefined;
  const { token, person } = known.access;
  const isAlive = !token.revokedAt && token.expiresAt > ctx.clock.now() && token.scopes.includes('aws');
  const secret = isAlive ? await known.secret() : undefined;
  return secret === undefined ? undefined : { id: token.id, personId: person.id, secret };
}
