import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asc, eq } from 'drizzle-orm';
import { vi } from 'vitest';
import { auditEvents, awsCalls, builtInRecordTypes, recordTypes, sessions } from '../../../db/schema.ts';
import { aGrant, anApiToken, anAwsRecord, aPerson, aPolicy } from '../../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../../db/testing/database.ts';
import type { CallAllowed, CallQuestion, CallShown, NamedOperation, TokenForCall } from '../../aws/ports.ts';
import { type AwsCallId, newId, type SessionId } from '../../ids.ts';
import { type Calls, type CallsOptions, createCalls } from '../calls.ts';

/** Calls of one process on a database of their own, with whatever a test needs to see of them. */
export type CallsRig = AsyncDisposable & {
  database: TestDatabase;
  ctx: ReturnType<TestDatabase['context']>;
  calls: Calls;
  directory: string;
  settings: { isOn: boolean; gapMs: number };
  /** As after a new start of the process: another writer, the same keyring and journal. */
  restart(): Promise<Calls>;
};

export async function callsRig(options: Partial<CallsOptions> = {}): Promise<CallsRig> {
  const database = await testDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'calls-'));
  const settings = { isOn: true, gapMs: 900_000 };
  const start = (context: CallsRig['ctx']) =>
    createCalls({
      context,
      journalDirectory: join(directory, 'journal'),
      isOn: () => settings.isOn,
      gapMs: () => settings.gapMs,
      ...options,
    });
  const ctx = database.context();
  await ctx.connection.db
    .update(recordTypes)
    .set({ disabledAt: null })
    .where(eq(recordTypes.id, builtInRecordTypes.aws_access_key));
  const calls = await start(ctx);
  const started = [calls];
  return {
    database,
    ctx,
    calls,
    directory,
    settings,
    async restart() {
      const again = await start({ ...database.context(), keyring: ctx.keyring, clock: ctx.clock });
      started.push(again);
      return again;
    },
    async [Symbol.asyncDispose]() {
      for (const each of started) await each.stop();
      await database.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** A person with a token and a granted record. */
export async function aCaller(
  { ctx, calls }: Pick<CallsRig, 'ctx' | 'calls'>,
  given: {
    policy?: Parameters<typeof aPolicy>[1];
    grant?: Parameters<typeof aGrant>[1];
    record?: Parameters<typeof anAwsRecord>[2];
    token?: Parameters<typeof anApiToken>[3];
  } = {},
) {
  const { db } = ctx.connection;
  const person = await aPerson(db);
  const of = await anAwsRecord(db, ctx.keyring, given.record);
  const policy = await aPolicy(db, given.policy);
  const grant = await aGrant(db, {
    personId: person.id,
    credentialId: of.credential.id,
    policyId: policy.id,
    ...given.grant,
  });
  const { token, secret } = await anApiToken(db, ctx.keyring, person, given.token);
  const known = await calls.findToken(token.tokenId);
  const caller: TokenForCall = known ?? { id: token.id, personId: person.id, secret };
  return { person, ...of, policy, grant, token, secret, known, caller, name: String(of.record.number) };
}

export function aShown(at: Date, given: Partial<CallShown> = {}): CallShown {
  return {
    callId: newId<AwsCallId>(at.getTime()),
    at,
    route: 'proxy',
    address: '192.0.2.1',
    service: 'ec2',
    operation: 'DescribeInstances',
    region: 'eu-west-1',
    host: 'ec2.eu-west-1.amazonaws.com',
    method: 'POST',
    path: '/',
    parameters: {},
    isRepeat: false,
    ...given,
  };
}

export function aQuestion(
  token: TokenForCall,
  record: string,
  {
    shown,
    operation = {},
    ...given
  }: Partial<Omit<CallQuestion, 'operation'>> & { operation?: Partial<NamedOperation> } = {},
): CallQuestion {
  const asked = shown ?? aShown(new Date());
  const name = `${asked.service}:${asked.operation ?? '?'}`;
  return {
    token,
    record,
    shown: asked,
    operation: {
      name,
      isKnown: asked.operation !== undefined,
      possible: [name],
      resources: { named: [], whole: true },
      changes: false,
      ...operation,
    },
    signedService: asked.service,
    partition: 'aws',
    isCustomerHost: false,
    ...given,
  };
}

/** A call that was allowed and is on disk. */
export async function aCall(calls: Calls, token: TokenForCall, record: string, shown: CallShown): Promise<CallAllowed> {
  const decision = await calls.authorize(aQuestion(token, record, { shown }));
  if (!decision.ok) throw new Error(JSON.stringify(decision.refusal));
  await calls.opened({ shown, token, sessionId: decision.sessionId });
  return decision;
}

export function anEnd(shown: CallShown, sessionId: SessionId, given: Partial<Parameters<Calls['finished']>[0]> = {}) {
  return { callId: shown.callId, sessionId, at: shown.at, status: 200, bytesIn: 10, bytesOut: 2, ...given };
}

export async function sessionRow({ database }: Pick<CallsRig, 'database'>, id: SessionId) {
  const [row] = await database.connection.db.select().from(sessions).where(eq(sessions.id, id));
  return row;
}

export async function callRows({ database }: Pick<CallsRig, 'database'>, sessionId: SessionId) {
  const { db } = database.connection;
  return db.select().from(awsCalls).where(eq(awsCalls.sessionId, sessionId)).orderBy(asc(awsCalls.id));
}

/** What the log says of calls, in the order of one writer. */
export async function evidence({ database }: Pick<CallsRig, 'database'>) {
  const rows = await database.connection.db
    .select()
    .from(auditEvents)
    .orderBy(asc(auditEvents.writerId), asc(auditEvents.seq));
  return rows
    .filter(({ kind }) => kind.startsWith('aws.'))
    .map(({ kind, subject, actorId, sessionId }) => ({
      kind,
      actorId,
      sessionId,
      subject: subject as Record<string, unknown>,
    }));
}

/** Waits for what comes by way of the database, on however busy a machine. */
export function eventually(expectation: () => Promise<void>): Promise<void> {
  return vi.waitFor(expectation, { timeout: 20_000, interval: 20 });
}
