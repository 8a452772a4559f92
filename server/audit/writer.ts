import type { Connection, Tx } from '../../db/connect.ts';
import { insertAuditEvents, readHead } from '../../db/queries/audit.ts';
import type { Clock } from '../clock.ts';
import type { Audit } from '../context.ts';
import { Unexpected } from '../errors.ts';
import { newId, type WriterId } from '../ids.ts';
import { type ChainEvent, chainOn, emptyHead, type Head, storable } from './chain.ts';
import type { AuditEvent } from './events.ts';
import { createTurnstile } from './turnstile.ts';

type Draft = Omit<ChainEvent, 'seq'>;
type Waiting = { drafts: Draft[]; resolve: () => void; reject: (error: unknown) => void };

/**
 * One hash chain for this process, with its head in memory. Whoever holds the turn to append already has a connection
 * and waits for no row lock, so transactions that queue for it cannot block each other for ever.
 */
export function createAudit({ connection, clock }: { connection: Connection; clock: Clock }): Audit {
  const writerId = newId<WriterId>();
  const turn = createTurnstile(1);
  let head: Head | undefined = emptyHead;
  let waiting: Waiting[] = [];
  let flushing = false;

  const draft = ({ kind, actorId, sessionId, subject }: AuditEvent): Draft => ({
    writerId,
    at: clock.now(),
    kind,
    actorId: actorId ?? null,
    sessionId: sessionId ?? null,
    subject: storable(subject),
  });

  /** Runs `work` in a transaction and appends what `drafts` gives afterwards; the head moves only with the commit. */
  async function inTransaction<T>(work: (tx: Tx) => Promise<T>, drafts: () => Draft[]): Promise<T> {
    let leave: (() => void) | undefined;
    let next: Head | undefined;
    try {
      const value = await connection.db.transaction(async (tx) => {
        const result = await work(tx);
        const events = drafts();
        if (events.length === 0) return result;
        leave = await turn.enter();
        const chained = chainOn(await standing(tx), events);
        head = undefined; // Unknown until the commit is known to have worked.
        await insertAuditEvents(tx, chained.rows);
        next = chained.head;
        return result;
      });
      if (next) head = next;
      return value;
    } finally {
      leave?.();
    }
  }

  // After a failure the commit may or may not have happened (a lost connection); the rows tell.
  async function standing(tx: Tx): Promise<Head> {
    head ??= (await readHead(tx, writerId)) ?? emptyHead;
    return head;
  }

  async function flush(): Promise<void> {
    if (flushing) return;
    flushing = true;
    while (waiting.length > 0) {
      let batch: Waiting[] = [];
      const takeAll = () => {
        batch = waiting;
        waiting = [];
        return batch.flatMap(({ drafts }) => drafts);
      };
      try {
        await inTransaction(async () => undefined, takeAll);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        // Without a connection nothing was taken yet: then all that wait have failed.
        const failed = batch.length > 0 ? batch : waiting.splice(0);
        for (const { reject } of failed) reject(error);
      }
    }
    flushing = false;
  }

  return {
    writerId,
    async transact(work) {
      const drafts: Draft[] = [];
      let open = true;
      const record = (event: AuditEvent) => {
        if (!open) throw new Unexpected(`${event.kind} was recorded after its transaction.`);
        drafts.push(draft(event));
      };
      return inTransaction(
        (tx) => work(tx, record),
        () => {
          open = false;
          return drafts;
        },
      );
    },
    append(...events) {
      if (events.length === 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        waiting.push({ drafts: events.map(draft), resolve, reject });
        void flush();
      });
    },
  };
}
