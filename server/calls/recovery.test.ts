// Contract: no call that was forwarded is lost and none is told twice, whatever dies: the process between journal and
// database, the database for a while, one row that it will never take; and while neither can be written, nothing is forwarded.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { notify } from '../../db/notify.ts';
import { newId, type SessionId } from '../ids.ts';
import { createDrain } from './drain.ts';
import { openJournal } from './journal.ts';
import type { JournalEntry } from './journal-entry.ts';
import {
  aCall,
  aCaller,
  anEnd,
  aQuestion,
  aShown,
  type CallsRig,
  callRows,
  callsRig,
  eventually,
  evidence,
  sessionRow,
} from './testing/calls-rig.ts';
import { writeCalls } from './write-calls.ts';

let rig: CallsRig;
beforeEach(async () => {
  rig = await callsRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

const shown = (given?: Parameters<typeof aShown>[1]) => aShown(rig.ctx.clock.now(), given);
const told = async (callId: string) =>
  (await evidence(rig)).filter(({ subject }) => subject.callId === callId).map(({ kind }) => kind);

async function entriesOfOneCall() {
  const { caller, name } = await aCaller(rig);
  const decision = await rig.calls.authorize(aQuestion(caller, name));
  if (!decision.ok) throw new Error('It was not allowed.');
  const { sessionId } = decision;
  const call = shown();
  const { personId, id: tokenId } = caller;
  const entries: JournalEntry[] = [
    { kind: 'called', personId, tokenId, sessionId, shown: call },
    { kind: 'answered', personId, ...anEnd(call, sessionId) },
  ];
  return { entries, call, sessionId };
}

describe('an entry that is written again', () => {
  it('counts once: row, evidence and sums', async () => {
    const { entries, call, sessionId } = await entriesOfOneCall();
    await writeCalls(rig.ctx, entries);
    await writeCalls(rig.ctx, entries);
    await writeCalls(rig.ctx, entries.slice(0, 1));
    expect(await callRows(rig, sessionId)).toHaveLength(1);
    expect(await told(call.callId)).toEqual(['aws.called', 'aws.answered']);
    expect(await sessionRow(rig, sessionId)).toMatchObject({ calls: 1, bytesOut: 10, bytesIn: 2 });
  });

  it('counts once also twice in one batch', async () => {
    const { entries, call, sessionId } = await entriesOfOneCall();
    await writeCalls(rig.ctx, [...entries, ...entries]);
    expect(await told(call.callId)).toEqual(['aws.called', 'aws.answered']);
    expect(await sessionRow(rig, sessionId)).toMatchObject({ calls: 1, bytesOut: 10, bytesIn: 2 });
  });
});

describe('a process that died', () => {
  it('left calls in its journal, which the next one writes; its sessions end, and its calls get an end that says so', async () => {
    const { caller, name } = await aCaller(rig);
    const before = shown();
    const { sessionId } = await aCall(rig.calls, caller, name, before);
    await eventually(async () => expect(await callRows(rig, sessionId)).toHaveLength(1));
    // What the dead process had on disk and not in the database.
    rig.ctx.clock.advance(1);
    const lost = shown({ operation: 'RunInstances' });
    const journal = await openJournal({ directory: `${rig.directory}/journal`, log: rig.ctx.log });
    await journal.append({ kind: 'called', personId: caller.personId, tokenId: caller.id, sessionId, shown: lost });
    await journal.close();

    await rig.restart();
    expect(await sessionRow(rig, sessionId)).toMatchObject({ state: 'ended', endReason: 'crashed', calls: 2 });
    expect((await callRows(rig, sessionId)).map(({ operation, problem }) => [operation, problem])).toEqual([
      ['DescribeInstances', 'not_known'],
      ['RunInstances', 'not_known'],
    ]);
    expect(await told(lost.callId)).toEqual(['aws.called', 'aws.answered']);
  });
});

describe('a database that is away', () => {
  it('gets everything when it is back', async () => {
    const { entries, call, sessionId } = await entriesOfOneCall();
    const journal = await openJournal({ directory: `${rig.directory}/other`, log: rig.ctx.log });
    for (const entry of entries) await journal.append(entry);
    let isAway = true;
    const flaky = {
      ...rig.ctx,
      audit: {
        ...rig.ctx.audit,
        transact: ((work) =>
          isAway
            ? Promise.reject(new Error('connection lost'))
            : rig.ctx.audit.transact(work)) as typeof rig.ctx.audit.transact,
      },
    };
    const drain = createDrain(flaky, journal);
    expect(await drain.drain()).toBe(false);
    expect(journal.waiting(10)).toHaveLength(2);
    expect(drain.behindMs()).toBeGreaterThanOrEqual(0);
    isAway = false;
    expect(await drain.drain()).toBe(true);
    expect([journal.waiting(10), drain.behindMs()]).toEqual([[], 0]);
    expect(await told(call.callId)).toEqual(['aws.called', 'aws.answered']);
    expect(await callRows(rig, sessionId)).toHaveLength(1);
    await journal.close();
  });

  it('does not keep other calls waiting for one that it will never take', async () => {
    const { entries, call } = await entriesOfOneCall();
    const stray = { ...entries[0], sessionId: newId<SessionId>(), shown: shown() } as JournalEntry;
    const journal = await openJournal({ directory: `${rig.directory}/other`, log: rig.ctx.log });
    for (const entry of [stray, ...entries]) await journal.append(entry);
    expect(await createDrain(rig.ctx, journal).drain()).toBe(true);
    expect(await told(call.callId)).toEqual(['aws.called', 'aws.answered']);
    await journal.close();
  });
});

describe('a call that cannot be noted', () => {
  it('is not to be forwarded, and is not counted', async () => {
    const full = {
      append: () => Promise.reject(new Error('ENOSPC')),
      waiting: () => [],
      done: async () => undefined,
      close: async () => undefined,
    };
    const other = await callsRig({ journal: full });
    const { caller, name } = await aCaller(other);
    const decision = await other.calls.authorize(aQuestion(caller, name));
    if (!decision.ok) throw new Error('It was not allowed.');
    const { sessionId } = decision;
    await expect(other.calls.opened({ shown: shown(), token: caller, sessionId })).rejects.toThrow('ENOSPC');
    expect(await callRows(other, sessionId)).toEqual([]);
    await other.calls.stop();
    expect(await sessionRow(other, sessionId)).toMatchObject({ endReason: 'stopped', calls: 0 });
    await other[Symbol.asyncDispose]();
  });
});

describe('sessions that end while their calls are written', () => {
  it('all get their own end, and none is left to its lease', async () => {
    const callers = await Promise.all(Array.from({ length: 6 }, () => aCaller(rig)));
    const ids = await Promise.all(
      callers.map(async ({ caller, name, person }) => {
        const call = shown();
        const { sessionId, ended } = await aCall(rig.calls, caller, name, call);
        ended.addEventListener('abort', () => rig.calls.finished(anEnd(call, sessionId)));
        await notify(rig.ctx.connection.db, 'access_changed', {});
        await notify(rig.ctx.connection.db, 'end_session', { sessionId, reason: 'closed', by: person.id });
        return sessionId;
      }),
    );
    await eventually(async () => {
      const rows = await Promise.all(ids.map((id) => sessionRow(rig, id)));
      expect(rows.map((row) => [row?.endReason, row?.calls, row?.bytesOut])).toEqual(ids.map(() => ['closed', 1, 10]));
    });
  });
});

describe('a process that is stopped', () => {
  it('ends its sessions and leaves nothing unwritten', async () => {
    const { caller, name } = await aCaller(rig);
    const call = shown();
    const { sessionId, ended } = await aCall(rig.calls, caller, name, call);
    ended.addEventListener('abort', () => rig.calls.finished(anEnd(call, sessionId, { problem: 'access_ended' })));
    await rig.calls.stop();
    expect(await sessionRow(rig, sessionId)).toMatchObject({ endReason: 'stopped', calls: 1, bytesOut: 10 });
    expect(await callRows(rig, sessionId)).toMatchObject([{ problem: 'access_ended' }]);
  });
});
