import { findHostKey } from '../../db/queries/host-keys.ts';
import { insertRecording } from '../../db/queries/recordings.ts';
import { markActive, markAttached, markOpening, updateTerms } from '../../db/queries/sessions.ts';
import type { Context } from '../context.ts';
import { maySendSecret, pinHostKey } from '../inventory/host-keys.ts';
import { snapshotOf } from '../launch/policy-snapshot.ts';
import { writeEnd } from './end.ts';
import type { LivePorts, SessionStore } from './ports.ts';

/** A gateway that does not renew a session's lease for this long has lost it. */
export const leaseMs = 15_000;

export function createSessionStore(ctx: Context): SessionStore {
  const { db } = ctx.connection;
  return {
    opening: ({ sessionId, credentialId, grant }) => {
      const leaseUntil = new Date(ctx.clock.now().getTime() + leaseMs);
      return db.transaction(async (tx) => {
        await updateTerms(tx, sessionId, { credentialId, policy: snapshotOf(grant.policy) });
        return markOpening(tx, sessionId, { gatewayId: ctx.audit.writerId, leaseUntil });
      });
    },
    recording: ({ sessionId, actor }, { path, openingHead, secretPrints }) =>
      ctx.audit.transact(async (tx, record) => {
        await insertRecording(tx, { sessionId, path, startedAt: ctx.clock.now(), secretPrints });
        const subject = { seq: 0, head: openingHead };
        record({ kind: 'recording.segment', actorId: actor.person.id, sessionId, subject });
      }),
    active: ({ sessionId, actor, computer }, { account, recorded }) =>
      ctx.audit.transact(async (tx, record) => {
        const isOurs = await markActive(tx, sessionId, ctx.clock.now());
        const subject = { computerId: computer.id, account, recorded };
        if (isOurs) record({ kind: 'session.opened', actorId: actor.person.id, sessionId, subject });
        return isOurs;
      }),
    attached: ({ sessionId, actor }, { isAttached, isTakenOver }) => {
      const about = { actorId: actor.person.id, sessionId };
      ctx.audit
        .transact(async (tx, record) => {
          await markAttached(tx, sessionId, isAttached ? null : ctx.clock.now());
          record(
            isAttached
              ? { kind: 'session.attached', ...about, subject: { takenOver: isTakenOver } }
              : { kind: 'session.detached', ...about, subject: {} },
          );
        })
        .catch((err) => ctx.log.error('It could not be written where the browser of a session is', { err, sessionId }));
    },
    ended: ({ sessionId, actor }, { recording, ...end }) =>
      writeEnd(ctx, { sessionId, personId: actor.person.id }, end, recording),
  };
}

export function createHostKeyStore(ctx: Context): LivePorts['hostKeys'] {
  return {
    find: (server, port) => findHostKey(ctx.connection.db, server, port),
    pin: async (authorized, key) => (await pinHostKey(ctx, authorized, key)).ok,
    maySendSecret: (authorized, key) => maySendSecret(ctx, authorized, key),
  };
}
