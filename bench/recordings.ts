import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { and, eq, ne } from 'drizzle-orm';
import { recordings, recordingTexts, sessions } from '../db/schema.ts';
import { aComputer, aLogin, aPerson, aSession } from '../db/testing/builders.ts';
import type { Stack } from '../e2e/stack.ts';
import type { Context } from '../server/context.ts';
import { planUnread } from '../server/desk/index-recording-job.ts';
import { newId, type SessionId } from '../server/ids.ts';
import { type IndexedRecording, indexRecording } from '../server/recording/index-recording.ts';
import { makePrints, printKey } from '../server/recording/secret-prints.ts';
import { feed, makeStore, makeSubject } from '../server/recording/testing/test-store.ts';
import { hostOutput } from './host-output.ts';

/** A recording that the gateway serves: a sealed one, with its session. */
export type MadeRecording = { sessionId: SessionId; path: string; bytes: number; durationMs: number };

export type LongRecording = MadeRecording & {
  typescriptPath: string;
  indexed: IndexedRecording;
  indexSeconds: number;
};

/** Sessions with recordings, what each of them said, and how it can be searched without us. */
export type Shelf = { sessions: SessionId[]; megabytes: number; lines: number; recordingsDir: string };

const stepBytes = 4096;
const stepMs = 150;
const longBytes = 1024 ** 3;
/** Of the recordings on the shelf; their output names it. */
export const firstSeed = 2;
const shelved = { people: 25, sessionsEach: 20, bytes: 200_000 } as const;

type SessionTemplate = typeof sessions.$inferSelect;

/** Writes recordings into the store of an installation with the recorder itself, and their sessions into its database. */
export class RecordingMaker {
  readonly #ctx: Context;
  readonly #root: string;
  #nowMs = 0;

  constructor(ctx: Context, { recordingsDir }: Stack) {
    this.#ctx = ctx;
    this.#root = recordingsDir;
  }

  /** 1 GB in 11 hours of coloured text and full-screen programs, and its index, which took so long to make. */
  async long(): Promise<LongRecording> {
    const made = await this.#make(await this.#session(), longBytes);
    const startedAt = performance.now();
    const text = this.#printing(made.sessionId);
    const indexed = await indexRecording({ root: this.#root, path: made.path, sealed: made, text });
    const indexSeconds = (performance.now() - startedAt) / 1000;
    if (indexed.problems.length > 0) throw new Error(indexed.problems.join(' '));
    const reading = { indexState: 'ready', indexBytes: indexed.indexBytes, playable: 'playable' } as const;
    await this.#ctx.connection.db.update(recordings).set(reading).where(eq(recordings.sessionId, made.sessionId));
    const typescriptPath = join(this.#root, made.path, 'typescript');
    return { ...made, typescriptPath, indexed, indexSeconds };
  }

  /** 500 sessions of 25 people, their recordings read to their ends by the program. */
  async shelf(): Promise<Shelf> {
    const made: MadeRecording[] = [];
    for (let person = 0; person < shelved.people; person += 1) {
      const first = await this.#session();
      for (let n = 0; n < shelved.sessionsEach; n += 1) {
        const session = n === 0 ? first : await this.#another(first);
        made.push(await this.#make(session, shelved.bytes, firstSeed + made.length));
      }
    }
    await this.#readToEnd();
    const bytes = made.reduce((sum, recording) => sum + recording.bytes, 0);
    const lines = await this.#ctx.connection.db.$count(recordingTexts);
    const sessionIds = made.map(({ sessionId }) => sessionId);
    return { sessions: sessionIds, megabytes: bytes / 1e6, lines, recordingsDir: this.#root };
  }

  /** As the program reads them when they are sealed, and as autovacuum would have looked at the tables a minute later. */
  async #readToEnd(): Promise<void> {
    const { connection, clock } = this.#ctx;
    await planUnread({ connection, clock });
    const isUnread = and(eq(recordings.state, 'sealed'), ne(recordings.indexState, 'ready'));
    while ((await connection.db.$count(recordings, isUnread)) > 0) await delay(100);
    await connection.sql`analyze`;
  }

  /** A session that ended, of somebody at some computer. */
  async #session(): Promise<SessionTemplate> {
    const { db } = this.#ctx.connection;
    const person = await aPerson(db);
    const actor = { person, login: await aLogin(db, person) };
    const computer = await aComputer(db);
    const ended = { state: 'ended', endedAt: new Date(), endReason: 'closed', openedAt: new Date() } as const;
    return aSession(db, actor, { computerId: computer.id, ...ended });
  }

  /** The recording of a session, of so many bytes, which nobody has read to its end yet. */
  async #make({ id: sessionId }: { id: SessionId }, bytes: number, seed = 1): Promise<MadeRecording> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    const store = await makeStore({ root: this.#root, monotonicMs: () => this.#nowMs, limits: { stepBytes } });
    const startedAt = new Date();
    const { recorder, path } = await store.open(makeSubject(sessionId));
    await feed(recorder, this.#inTime(hostOutput({ bytes, pieceBytes: stepBytes, seed })));
    const sealed = await recorder.seal('closed');
    const { head, bytes: sealedBytes, durationMs } = sealed;
    const { prints: secretPrints } = this.#printing(sessionId);
    const sealing = { state: 'sealed', sealedAt: new Date(), sealReason: 'closed', head } as const;
    await this.#ctx.connection.db
      .insert(recordings)
      .values({ sessionId, path, startedAt, bytes: sealedBytes, durationMs, secretPrints, ...sealing });
    return { sessionId, path, bytes: sealedBytes, durationMs };
  }

  /** A secret that is looked for in the text of a recording, as that of a real session is. */
  #printing(sessionId: SessionId) {
    const key = printKey(this.#ctx.keyring.authSecret, sessionId);
    return { key, prints: makePrints(key, [`the secret of ${sessionId}`]) };
  }

  /** Another session like this one. */
  async #another(template: SessionTemplate): Promise<SessionTemplate> {
    const again = { ...template, id: newId<SessionId>() };
    await this.#ctx.connection.db.insert(sessions).values(again);
    return again;
  }

  *#inTime(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
    for (const piece of pieces) {
      this.#nowMs += stepMs;
      yield piece;
    }
  }
}
