// Contract: what the journal took is on disk before anybody is told so, in one flush for all that wait; a process that dies
// leaves it to the next, whole lines only; what cannot be written is refused; a file goes when all of it is in the database.
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiTokenId, type AwsCallId, newId, type PersonId, type SessionId } from '../ids.ts';
import { createLog } from '../log.ts';
import { JournalFull, type JournalOptions, openJournal } from './journal.ts';
import type { CalledEntry } from './journal-entry.ts';
import { aShown } from './testing/calls-rig.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'journal-'));
});
afterEach(() => rm(directory, { recursive: true }));

const log = createLog('test', 'silent');
const openHere = (options: Partial<JournalOptions> = {}) =>
  openJournal({ directory: join(directory, 'j'), log, ...options });
const files = () => readdir(join(directory, 'j'));
const anEntry = (path = '/'): CalledEntry => ({
  kind: 'called',
  personId: newId<PersonId>(),
  tokenId: newId<ApiTokenId>(),
  sessionId: newId<SessionId>(),
  shown: aShown(new Date('2026-03-01T12:00:00Z'), { path }),
});
const anAnswer = () => ({
  kind: 'answered' as const,
  callId: newId<AwsCallId>(),
  sessionId: newId<SessionId>(),
  personId: null,
  at: new Date('2026-03-01T12:00:01Z'),
  bytesIn: 1,
  bytesOut: 2,
});

describe('what was appended', () => {
  it('is on disk when its promise resolves, readable by nobody else', async () => {
    const journal = await openHere();
    const entry = anEntry('/one');
    await journal.append(entry);
    const [name = ''] = await files();
    const path = join(directory, 'j', name);
    expect(await readFile(path, 'utf8')).toContain(entry.shown.callId);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'j'))).mode & 0o777).toBe(0o700);
    await journal.close();
  });

  it('comes back at the next start, in its order, with its dates', async () => {
    const first = await openHere();
    const entries = [anEntry('/1'), anAnswer(), anEntry('/3')];
    await Promise.all(entries.map((entry) => first.append(entry)));
    await first.close();
    const second = await openHere();
    expect(second.waiting(10)).toEqual(entries);
    await second.append(anEntry('/4'));
    expect(second.waiting(10)).toHaveLength(4);
    await second.close();
  });

  it('stays out of the next start where it was done, and its files go', async () => {
    const first = await openHere({ segmentBytes: 1 });
    for (const path of ['/1', '/2', '/3']) await first.append(anEntry(path));
    expect(await files()).toHaveLength(3);
    await first.done(2);
    expect(await files()).toHaveLength(1);
    await first.close();
    const second = await openHere();
    expect(second.waiting(10)).toMatchObject([{ shown: { path: '/3' } }]);
    await second.done(1);
    expect(await files()).toEqual([]);
    await second.close();
  });

  it('is not mixed with a line that was torn when the machine stopped, nor with what is none of ours', async () => {
    const first = await openHere();
    await first.append(anEntry('/whole'));
    await first.close();
    const [name = ''] = await files();
    await appendFile(join(directory, 'j', name), '{"kind":"other"}\n{"kind":"called","personId":"');
    const second = await openHere();
    expect(second.waiting(10)).toMatchObject([{ shown: { path: '/whole' } }]);
    await second.append(anEntry('/next'));
    await second.close();
    expect((await openHere()).waiting(10)).toHaveLength(2);
  });

  it('shares a flush with all that wait', async () => {
    const journal = await openHere();
    const order: string[] = [];
    const first = journal.append(anEntry('/1')).then(() => order.push('first'));
    const others = Promise.all(['/2', '/3', '/4'].map((path) => journal.append(anEntry(path)))).then(() =>
      order.push('others'),
    );
    await Promise.all([first, others]);
    expect(order).toEqual(['first', 'others']);
    expect(journal.waiting(10)).toHaveLength(4);
    await journal.close();
  });
});

describe('what cannot be kept', () => {
  it('is refused once too much waits, and taken again when there is room', async () => {
    const journal = await openHere({ maxWaiting: 2 });
    await journal.append(anEntry());
    await journal.append(anEntry());
    await expect(journal.append(anEntry())).rejects.toThrow(JournalFull);
    await journal.done(1);
    await journal.append(anEntry());
    await journal.close();
  });

  it('is refused where the disk does not take it, and what comes later is tried afresh', async () => {
    const journal = await openHere();
    await rm(join(directory, 'j'), { recursive: true });
    await expect(journal.append(anEntry())).rejects.toThrow('ENOENT');
    expect(journal.waiting(10)).toEqual([]);
    await mkdir(join(directory, 'j'));
    await journal.append(anEntry('/later'));
    expect(journal.waiting(10)).toHaveLength(1);
    await journal.close();
  });

  it('is refused after the end', async () => {
    const journal = await openHere();
    await journal.close();
    await expect(journal.append(anEntry())).rejects.toThrow('closed');
  });
});
