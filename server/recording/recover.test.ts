/**
 * The contract: whatever moment the recorder died at, sealing afterwards keeps every whole record, cuts the rest, says
 * what was cut, and leaves a recording that scriptreplay plays and `verify` finds intact. Repeating it changes nothing.
 * What no crash can have done is not sealed over.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, cp, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../ids.ts';
import { closeLink, formatChainLine, openChain } from './chain.ts';
import { recordingFolder } from './folder.ts';
import { parseManifest } from './manifest.ts';
import { chainedParts } from './parts.ts';
import { RecordingDamaged, RecordingForged } from './recover.ts';
import { makeStore, type Opened, outputIn, replay, type TestStore } from './testing/test-store.ts';
import { verifyRecording } from './verify.ts';

/** A recording of two closed segments and a tail, as a crash leaves it: everything on disk, nothing sealed. */
async function makeCrashed(room: TestStore): Promise<Opened> {
  const opened = await room.open();
  const { recorder, segments } = opened;
  for (const turn of [1, 2, 3]) {
    recorder.output(Buffer.from(`segment ${turn}: grün €\r\n`.repeat(turn === 3 ? 1 : 10)));
    recorder.event({ type: 'resize', columns: 80 + turn, rows: 24 });
    await vi.waitFor(() => expect(segments).toHaveLength(Math.min(turn, 2)));
  }
  recorder.output(Buffer.from('the last words'));
  recorder.event({ type: 'policy', text: 'the last event' });
  await vi.waitFor(() => expect(recorder.queuedBytes).toBe(0));
  return opened;
}

const crashLimits = { segmentBytes: 300, syncMs: 1, coalesceMs: 1 };

async function copyOf(folder: string, room: TestStore, path: string): Promise<{ folder: string; path: string }> {
  const copy = join(room.root, 'copies', newId());
  const copied = recordingFolder(copy, path);
  await mkdir(dirname(copied), { recursive: true });
  await cp(folder, copied, { recursive: true });
  return { folder: copied, path: copy };
}

describe('a recorder that died at any byte', () => {
  let room: TestStore;
  let crashed: Opened;
  let ends: Record<string, number>;

  beforeAll(async () => {
    room = await makeStore({ limits: crashLimits });
    crashed = await makeCrashed(room);
    const lines = (await readFile(join(crashed.folder, 'chain.ndjson'), 'utf8')).trimEnd().split('\n');
    const { parts } = JSON.parse(lines.at(-1)!);
    ends = Object.fromEntries(chainedParts.map((part) => [part, parts[part].to]));
  });
  afterAll(async () => {
    await crashed.recorder.seal('closed');
    await room[Symbol.asyncDispose]();
  });

  async function sealCopyCutAt(part: string, length: number) {
    const copy = await copyOf(crashed.folder, room, crashed.path);
    await truncate(join(copy.folder, part), length);
    await using store = await makeStore({ root: copy.path });
    const crash = await store.store.sealAfterCrash(crashed.path, 'crash', []);
    const anchors = crashed.segments;
    const { sessionId } = crashed;
    const verdict = await verifyRecording({
      folder: copy.folder,
      sessionId,
      publicKeyPem: store.key.publicKeyPem,
      anchors,
    });
    const again = await store.store.sealAfterCrash(crashed.path, 'crash', []);
    return { folder: copy.folder, root: copy.path, crash, again, verdict };
  }

  it.each(chainedParts)(
    'keeps every whole record of %s, wherever its tail is cut',
    async (part) => {
      const whole = await readFile(join(crashed.folder, part));
      const output = await outputIn(crashed.folder);
      for (let length = ends[part]!; length <= whole.length; length += 1) {
        const { folder, root, crash, again, verdict } = await sealCopyCutAt(part, length);
        expect(verdict, `${part} cut at ${length}`).toMatchObject({ state: 'intact', findings: [] });
        expect(crash.outcome).toBe('sealed');
        expect(again).toEqual({ ...crash, outcome: 'already_sealed' });
        const kept = await outputIn(folder);
        expect(output.subarray(0, kept.length).equals(kept)).toBe(true);
        const cutRecord = part === 'events.ndjson' && whole[length - 1] !== 0x0a;
        if (cutRecord) expect(crash).toMatchObject({ gaps: [{ file: part, why: 'The last record was not whole.' }] });
        if (length === whole.length) expect(crash).toMatchObject({ gaps: [] });
        if (length % 16 === 0) expect((await replay(folder)).equals(kept)).toBe(true);
        await rm(root, { recursive: true });
      }
    },
    60_000,
  );

  it('takes a half-written link for the tail that it is', async () => {
    const chain = await readFile(join(crashed.folder, 'chain.ndjson'));
    const lastLine = chain.lastIndexOf('\n', chain.length - 2) + 1;
    for (let length = lastLine; length <= chain.length; length += 37) {
      const copy = await copyOf(crashed.folder, room, crashed.path);
      await truncate(join(copy.folder, 'chain.ndjson'), length);
      await using store = await makeStore({ root: copy.path });
      expect(await store.store.sealAfterCrash(crashed.path, 'crash', [])).toMatchObject({
        outcome: 'sealed',
        gaps: [],
      });
      const { sessionId } = crashed;
      const order = { folder: copy.folder, sessionId, publicKeyPem: store.key.publicKeyPem };
      expect(await verifyRecording(order)).toMatchObject({ state: 'intact' });
    }
  });

  it.each(chainedParts)('does not hide that %s lost bytes of a closed segment', async (part) => {
    const { crash, verdict } = await sealCopyCutAt(part, ends[part]! - 1);
    expect(crash).toMatchObject({ outcome: 'sealed', gaps: [{ file: part, bytes: 1 }] });
    expect(verdict).toMatchObject({ state: 'tampered', intactSegments: 1, findings: [{ segment: 2 }] });
  });

  it('cuts garbage that stands where a record should', async () => {
    for (const part of chainedParts) {
      const copy = await copyOf(crashed.folder, room, crashed.path);
      await appendFile(join(copy.folder, part), Buffer.alloc(4096));
      await using store = await makeStore({ root: copy.path });
      const crash = await store.store.sealAfterCrash(crashed.path, 'crash', []);
      expect(crash).toMatchObject({ outcome: 'sealed', gaps: [{ file: part, bytes: 4096 }] });
      expect((await replay(copy.folder)).equals(await outputIn(copy.folder))).toBe(true);
    }
  });

  it('finds the manifest that was being written, whatever is in it', async () => {
    const copy = await copyOf(crashed.folder, room, crashed.path);
    await writeFile(join(copy.folder, 'manifest.json.partial'), '{"format":');
    await using store = await makeStore({ root: copy.path });
    expect(await store.store.sealAfterCrash(crashed.path, 'crash', [])).toMatchObject({ outcome: 'sealed' });
    expect((await readdir(copy.folder)).sort()).toEqual([...chainedParts, 'chain.ndjson', 'manifest.json'].sort());
    const manifest = parseManifest(await readFile(join(copy.folder, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ reason: 'crash', person: { email: 'ada@example.test' }, segments: 3 });
  });

  it('says so when nothing can have been recorded', async () => {
    const copy = await copyOf(crashed.folder, room, crashed.path);
    for (const part of [...chainedParts, 'chain.ndjson']) await truncate(join(copy.folder, part), 0);
    await appendFile(join(copy.folder, 'chain.ndjson'), '{"head":"12');
    await using store = await makeStore({ root: copy.path });
    expect(await store.store.sealAfterCrash(crashed.path, 'crash', [])).toEqual({ outcome: 'nothing_recorded' });
    for (const part of [...chainedParts, 'chain.ndjson']) await rm(join(copy.folder, part));
    expect(await store.store.sealAfterCrash(crashed.path, 'crash', [])).toEqual({ outcome: 'nothing_recorded' });
  });
});

describe('what no crash leaves behind', () => {
  const damages: [string, (folder: string) => Promise<void>][] = [
    ['output without an opening', (folder) => truncate(join(folder, 'chain.ndjson'), 0)],
    [
      'a chain that was changed',
      (folder) => editText(join(folder, 'chain.ndjson'), (text) => text.replace('Ada', 'Eve')),
    ],
    ['a link that was taken out', (folder) => editText(join(folder, 'chain.ndjson'), withoutLine(1))],
    ['a manifest that is damaged', (folder) => writeFile(join(folder, 'manifest.json'), '{}')],
  ];

  it.each(damages)('is left alone: %s', async (_name, damage) => {
    await using room = await makeStore({ limits: crashLimits });
    const crashed = await makeCrashed(room);
    await damage(crashed.folder);
    const before = await contentsOf(crashed.folder);
    await expect(room.store.sealAfterCrash(crashed.path, 'crash', [])).rejects.toThrow(RecordingDamaged);
    expect(await contentsOf(crashed.folder)).toEqual(before);
    await crashed.recorder.seal('closed').catch(() => undefined);
  });

  it('is a link, which is not followed', async () => {
    await using room = await makeStore({ limits: crashLimits });
    const crashed = await makeCrashed(room);
    const target = join(room.root, 'target');
    await writeFile(target, 'precious');
    await rm(join(crashed.folder, 'typescript'));
    await symlink(target, join(crashed.folder, 'typescript'));
    await expect(room.store.sealAfterCrash(crashed.path, 'crash', [])).rejects.toMatchObject({ code: 'ELOOP' });
    expect(await readFile(target, 'utf8')).toBe('precious');
    await expect(room.store.sealAfterCrash('../../etc', 'crash', [])).rejects.toThrow(TypeError);
    await crashed.recorder.seal('closed').catch(() => undefined);
  });
});

/**
 * Somebody who can write to the store has the time between a crash and the next start. They can make a chain that fits
 * whatever they like; only the heads that are in the audit log can tell.
 */
describe('what somebody changed before the next start', () => {
  type Crashed = Opened & { room: TestStore };
  const forgeries: [string, (crashed: Crashed) => Promise<unknown>][] = [
    ['output of the first segment, with a chain made anew', ({ folder }) => rewriteChain(folder, (line) => line)],
    [
      'who it was, before the first segment',
      async ({ folder }) => {
        await rewriteChain(folder, (line) => line.replaceAll('Ada', 'Eve'));
        await editText(join(folder, 'chain.ndjson'), firstLines(1));
      },
    ],
    ['the segments after the first', ({ folder }) => editText(join(folder, 'chain.ndjson'), firstLines(2))],
    ['no chain at all', ({ folder }) => emptyAll(folder)],
    [
      'a manifest with a key of their own',
      async ({ folder, room, path }) => {
        await using other = await makeStore({ root: room.root });
        await rewriteChain(folder, (line) => line);
        await other.store.sealAfterCrash(path, 'crash', []);
      },
    ],
    [
      'another session’s recording, sealed by us',
      async ({ folder, room }) => {
        const other = await room.open();
        await other.recorder.seal('closed');
        await rm(folder, { recursive: true });
        await cp(other.folder, folder, { recursive: true });
      },
    ],
    [
      'another session’s recording that crashed too',
      async ({ folder, room }) => {
        const other = await makeCrashed(room);
        await rm(folder, { recursive: true });
        await cp(other.folder, folder, { recursive: true });
        await other.recorder.seal('closed');
      },
    ],
  ];

  it.each(forgeries)('gets no signature: %s', async (_name, forge) => {
    await using room = await makeStore({ limits: crashLimits });
    const crashed = await makeCrashed(room);
    const anchors = [{ seq: 0, head: crashed.openingHead }, ...crashed.segments];
    await crashed.recorder.seal('closed').catch(() => undefined);
    await rm(join(crashed.folder, 'manifest.json'), { force: true });
    await forge({ ...crashed, room });
    const before = await contentsOf(crashed.folder);
    await expect(room.store.sealAfterCrash(crashed.path, 'crash', anchors)).rejects.toThrow(RecordingForged);
    expect(await contentsOf(crashed.folder)).toEqual(before);
  });

  it('is nothing in what a crash really leaves', async () => {
    await using room = await makeStore({ limits: crashLimits });
    const crashed = await makeCrashed(room);
    const anchors = [{ seq: 0, head: crashed.openingHead }, ...crashed.segments];
    const copy = await copyOf(crashed.folder, room, crashed.path);
    await cp(copy.folder, crashed.folder, { recursive: true });
    expect(await room.store.sealAfterCrash(crashed.path, 'crash', anchors)).toMatchObject({ outcome: 'sealed' });
    expect(await room.store.sealAfterCrash(crashed.path, 'crash', anchors)).toMatchObject({
      outcome: 'already_sealed',
    });
    await crashed.recorder.seal('closed').catch(() => undefined);
  });
});

/** Changes one byte of output and every head after it, as somebody does who knows the format but not the audit log. */
async function rewriteChain(folder: string, change: (line: string) => string): Promise<void> {
  const output = await readFile(join(folder, 'typescript'));
  output[output.indexOf('segment 1')] = 0x53;
  await writeFile(join(folder, 'typescript'), output);
  const [first = '', ...links] = (await readFile(join(folder, 'chain.ndjson'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map(change);
  const opening = openChain(JSON.parse(first).opening);
  const lines = [formatChainLine(opening)];
  let { head } = opening;
  for (const text of links) {
    const link = JSON.parse(text);
    const { from, to } = link.parts.typescript;
    link.parts.typescript.sha256 = createHash('sha256').update(output.subarray(from, to)).digest('hex');
    const closed = closeLink(head, link);
    lines.push(formatChainLine(closed));
    head = closed.head;
  }
  await writeFile(join(folder, 'chain.ndjson'), lines.join(''));
}

async function emptyAll(folder: string): Promise<void> {
  for (const part of [...chainedParts, 'chain.ndjson']) await truncate(join(folder, part), 0);
}

describe('a recorder that is killed', () => {
  let room: TestStore;
  let script: string;
  beforeAll(async () => {
    room = await makeStore();
    script = join(room.root, 'child.mjs');
    const entryPoints = [join(import.meta.dirname, 'testing/recording-child.ts')];
    await build({ entryPoints, outfile: script, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
  });
  afterAll(() => room[Symbol.asyncDispose]());

  it.each(Array.from({ length: 20 }, (_, turn) => turn))('with kill -9, time %d', async (turn) => {
    const sessionId = newId();
    const child = spawn(process.execPath, [script, room.root, sessionId, String(1 + turn * 997)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { path, given, segments } = await killAfter(child, 20 + turn * 23 + (turn % 7 === 6 ? 1300 : 0));
    const crash = await room.store.sealAfterCrash(path, 'crash', []);
    const folder = recordingFolder(room.root, path);
    const order = { folder, sessionId, publicKeyPem: room.key.publicKeyPem, anchors: segments };
    expect(crash.outcome).toBe('sealed');
    expect(await verifyRecording(order)).toMatchObject({ state: 'intact', findings: [] });
    const kept = await outputIn(folder);
    const killedAt = given.at(-1)?.at ?? 0;
    const oldEnough = given.filter(({ at }) => at < killedAt - 1000).at(-1)?.bytes ?? 0;
    if (turn % 7 === 6) expect(oldEnough).toBeGreaterThan(0);
    expect(kept.length).toBeGreaterThanOrEqual(oldEnough);
    expect(kept.every((byte, at) => byte === at % 251)).toBe(true);
    expect((await replay(folder)).equals(kept)).toBe(true);
  });
});

type Told = { path: string; given: { bytes: number; at: number }[]; segments: { seq: number; head: string }[] };

async function killAfter(child: ChildProcess, lines: number): Promise<Told> {
  const told: Told = { path: '', given: [], segments: [] };
  for await (const line of createInterface({ input: child.stdout! })) {
    const [first = '', second = '', third = ''] = line.split(' ');
    if (first === 'path') told.path = second;
    else if (first === 'segment') told.segments.push({ seq: Number(second), head: third });
    else told.given.push({ bytes: Number(first), at: Number(second) });
    if (told.given.length === lines) child.kill('SIGKILL');
  }
  return told;
}

async function contentsOf(folder: string): Promise<[string, string][]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (name) => [name, await readFile(join(folder, name), 'latin1')] as [string, string]),
  );
}

async function editText(path: string, edit: (text: string) => string): Promise<void> {
  await writeFile(path, edit(await readFile(path, 'utf8')));
}

function firstLines(count: number): (text: string) => string {
  return (text) => `${text.split('\n').slice(0, count).join('\n')}\n`;
}

function withoutLine(index: number): (text: string) => string {
  return (text) => text.split('\n').toSpliced(index, 1).join('\n');
}
