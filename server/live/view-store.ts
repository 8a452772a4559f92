import { endView, insertView } from '../../db/queries/session-views.ts';
import type { Context } from '../context.ts';
import { newId, type SessionViewId } from '../ids.ts';
import type { ViewStore } from './ports.ts';

export function createViewStore(ctx: Context): ViewStore {
  return {
    began: ({ sessionId, actor, isTold }, kind) =>
      ctx.audit.transact(async (tx, record) => {
        const id = newId<SessionViewId>();
        const viewerId = actor.person.id;
        await insertView(tx, { id, sessionId, viewerId, kind, startedAt: ctx.clock.now() });
        record({ kind: 'session.watched', actorId: viewerId, sessionId, subject: { how: kind, told: isTold } });
        return id;
      }),
    ended: ({ sessionId, actor }, kind, id) =>
      ctx.audit.transact(async (tx, record) => {
        const isFirst = await endView(tx, id, ctx.clock.now());
        if (isFirst)
          record({ kind: 'session.watch_ended', actorId: actor.person.id, sessionId, subject: { how: kind } });
      }),
  };
}
