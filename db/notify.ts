import { sql as query } from 'drizzle-orm';
import type { EndReason } from '../server/protocol/session-words.ts';
import type { Sql, Tx } from './connect.ts';

/** Channels between processes. Payloads carry ids, hardly more; whoever hears one reads the rows again. */
export type Channels = {
  /** Something that `decide` looks at changed: grants, people, sign-ins, computers, policies. */
  access_changed: { personId?: string; sessionId?: string };
  /** Somebody with the right asked the gateway to end a session. */
  end_session: { sessionId: string; reason: EndReason; by: string; detail?: string };
  /** Work was made, or made due again. */
  job_due: { jobId: string };
  /** The file of the keyring is another one than before. */
  keyring_changed: Record<string, never>;
};

/** Send inside the transaction that made the change, so that it is heard only if that change is committed. */
export async function notify<C extends keyof Channels>(tx: Tx, channel: C, payload: Channels[C]): Promise<void> {
  await tx.execute(query`select pg_notify(${channel}, ${JSON.stringify(payload)})`);
}

/**
 * Listens until `stop` is called. `onConnected` runs after every (re)connect: notifications may have been missed, so
 * the listener reads its state again there.
 */
export async function listen<C extends keyof Channels>(
  sql: Sql,
  channel: C,
  onMessage: (payload: Channels[C]) => void,
  onConnected: () => void,
): Promise<{ stop(): Promise<void> }> {
  const { unlisten } = await sql.listen(channel, (text) => onMessage(JSON.parse(text) as Channels[C]), onConnected);
  return { stop: unlisten };
}
