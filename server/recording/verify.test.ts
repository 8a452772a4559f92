/**
 * The contract: an intact recording is found intact, and any change of its folder after sealing is found, named by the
 * first segment that is not what it was. The key comes from outside the folder, so that whoever rewrites a whole folder
 * is found too; the audit log's heads find even those who hold the key.
 */
import { appendFile, cp, mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../ids.ts';
import { canonicalJson } from './canonical-json.ts';
import { closeLink, type Link } from './chain.ts';
import { recordingFolder } from './folder.ts';
import { parseManifest, signManifest } from './manifest.ts';
import { chainedParts } from './parts.ts';
import type { Anchor } from './port.ts';
import { makeKey, makeStore, makeSubject, type Opened, type TestStore } from './testing/test-store.ts';
import { type Verdict, verifyRecording } from './verify.ts';

let room: TestStore;
let sealed: Opened;
let other: Opened;
let ranges: Link['parts'][];

async function record(store: TestStore): Promise<Opened> {
  const opened = await store.open();
  for (const turn of [1, 2, 3, 4]) {
    opened.recorder.output(Buffer.from(`output of segment ${turn} grün €\r\n`.repeat(10)));
    opened.recorder.event({ type: 'resize', columns: 80 + turn, rows: 24 });
    await vi.waitFor(() => expect(opened.segments).toHaveLength(turn));
  }
  return opened;
}

beforeAll(async () => {
  room = await makeStore({ limits: { segmentBytes: 300, syncMs: 1, coalesceMs: 1 } });
  sealed = await record(room);
  await sealed.recorder.seal('closed');
  other = await record(room);
  await other.recorder.seal('closed');
  const chain = await readFile(join(sealed.folder, 'chain.ndjson'), 'utf8');
  ranges = chain
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line).parts);
});
afterAll(() => room[Symbol.asyncDispose]());

/** What `verify` says after `tamper` worked on a copy of the sealed folder. */
async function verdictAfter(
  tamper: (folder: string) => unknown,
  options: { publicKeyPem?: string; anchors?: Anchor[]; sealedHead?: string } = {},
): Promise<Verdict> {
  const root = join(room.root, 'copies', newId());
  const folder = recordingFolder(root, sealed.path);
  await mkdir(dirname(folder), { recursive: true });
  await cp(sealed.folder, folder, { recursive: true });
  await tamper(folder);
  const { publicKeyPem = room.key.publicKeyPem, ...audit } = options;
  const verdict = await verifyRecording({ folder, sessionId: sealed.sessionId, publicKeyPem, ...audit });
  await rm(root, { recursive: true });
  return verdict;
}

async function edit(path: string, change: (bytes: Buffer) => Uint8Array | string): Promise<void> {
  await writeFile(path, change(await readFile(path)));
}

async function editChain(folder: string, change: (lines: string[]) => string[]): Promise<void> {
  await edit(join(folder, 'chain.ndjson'), (bytes) =>
    change(bytes.toString().trimEnd().split('\n'))
      .map((line) => `${line}\n`)
      .join(''),
  );
}

/** Signs a manifest that agrees with whatever the chain in the folder says now: what a thief of the key would do. */
async function resign(folder: string, key = room.key): Promise<void> {
  const lines = (await readFile(join(folder, 'chain.ndjson'), 'utf8')).trimEnd().split('\n');
  const last: Link = JSON.parse(lines.at(-1)!);
  await edit(join(folder, 'manifest.json'), (bytes) => {
    const { signature: _, keyId: __, ...body } = parseManifest(bytes.toString())!;
    const files = structuredClone(body.files);
    for (const part of chainedParts) files[part].bytes = last.parts[part].to;
    return signManifest({ ...body, files, head: last.head, segments: last.seq }, key);
  });
}

describe('an intact recording', () => {
  it('is found intact, with every segment', async () => {
    const anchors = [{ seq: 0, head: sealed.openingHead }, ...sealed.segments];
    const verdict = await verdictAfter(() => undefined, { anchors, sealedHead: sealed.segments.at(-1)!.head });
    expect(verdict).toMatchObject({ state: 'intact', intactSegments: 4, findings: [] });
    expect(verdict.manifest?.person.email).toBe('ada@example.test');
  });

  it('of 30 MB in one segment is read in pieces', async () => {
    await using large = await makeStore({ limits: { segmentBytes: 1e9, maxQueuedBytes: 1e9 } });
    const opened = await large.open();
    opened.recorder.output(Buffer.alloc(30_000_000, 'line of output\r\n'));
    await opened.recorder.seal('closed');
    const order = { folder: opened.folder, sessionId: opened.sessionId, publicKeyPem: large.key.publicKeyPem };
    const before = process.memoryUsage().arrayBuffers;
    expect(await verifyRecording(order)).toMatchObject({ state: 'intact', intactSegments: 1 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(15_000_000);
  });
});

describe('a changed recording', () => {
  it.each(chainedParts)('with one bit flipped anywhere in %s is found, by its segment', async (part) => {
    const { length } = await readFile(join(sealed.folder, part));
    await fc.assert(
      fc.asyncProperty(fc.nat(length - 1), fc.nat(7), async (at, bit) => {
        const verdict = await verdictAfter((folder) =>
          edit(join(folder, part), (bytes) => {
            bytes[at] = bytes[at]! ^ (1 << bit);
            return bytes;
          }),
        );
        const segment = ranges.findIndex((parts) => at < parts[part].to) + 1;
        expect(verdict).toMatchObject({ state: 'tampered', intactSegments: segment - 1, findings: [{ segment }] });
        expect(verdict.findings[0]?.problem).toMatch(new RegExp(`^Segment ${segment}: ${part} was changed`));
      }),
      { numRuns: 25 },
    );
  });

  it.each(['chain.ndjson', 'manifest.json'])('with one bit flipped anywhere in %s is found', async (part) => {
    const { length } = await readFile(join(sealed.folder, part));
    await fc.assert(
      fc.asyncProperty(fc.nat(length - 1), fc.nat(7), async (at, bit) => {
        const verdict = await verdictAfter((folder) =>
          edit(join(folder, part), (bytes) => {
            bytes[at] = bytes[at]! ^ (1 << bit);
            return bytes;
          }),
        );
        expect(verdict.state).toBe('tampered');
      }),
      { numRuns: 60 },
    );
  });

  const changes: [string, (folder: string) => unknown, RegExp][] = [
    ...chainedParts.flatMap((part): [string, (folder: string) => unknown, RegExp][] => [
      [
        `${part} without its tail`,
        async (folder) => truncate(join(folder, part), (await readFile(join(folder, part))).length - 1),
        new RegExp(`^Segment 4: ${part} ends at byte`),
      ],
      [`${part} empty`, (folder) => truncate(join(folder, part), 0), new RegExp(`^Segment 1: ${part} ends at byte 0`)],
      [`${part} with more at its end`, (folder) => appendFile(join(folder, part), 'x'), /has 1 bytes after its last/],
      [`${part} missing`, (folder) => rm(join(folder, part)), new RegExp(`${part} is missing`)],
      [
        `${part} of another session`,
        (folder) => cp(join(other.folder, part), join(folder, part)),
        part === 'typescript.timing' ? /./ : /^Segment 1/,
      ],
    ]),
    [
      'typescript behind a link',
      async (folder) => {
        await rename(join(folder, 'typescript'), join(folder, 'moved'));
        await symlink(join(folder, 'moved'), join(folder, 'typescript'));
      },
      /typescript is a link/,
    ],
    [
      'a chain without segment 2',
      (folder) => editChain(folder, (lines) => lines.toSpliced(2, 1)),
      /^Segment 2: .*missing/,
    ],
    [
      'a chain without its tail',
      (folder) => editChain(folder, (lines) => lines.slice(0, -1)),
      /4|bytes after its last/,
    ],
    [
      'a chain with segments swapped',
      (folder) => editChain(folder, ([a, b, c, ...d]) => [a!, c!, b!, ...d]),
      /^Segment 1/,
    ],
    ['a chain with an empty line', (folder) => editChain(folder, (lines) => [...lines, '']), /^Segment 5: .*damaged/],
    ['a chain without its opening', (folder) => editChain(folder, (lines) => lines.slice(1)), /opening .* damaged/],
    ['an empty chain', (folder) => truncate(join(folder, 'chain.ndjson'), 0), /chain is empty/],
    ['no chain', (folder) => rm(join(folder, 'chain.ndjson')), /chain.ndjson is missing/],
    [
      'a manifest that is not JSON',
      (folder) => writeFile(join(folder, 'manifest.json'), 'x'),
      /manifest.json is damaged/,
    ],
    [
      'a manifest with white space added',
      (folder) => edit(join(folder, 'manifest.json'), (bytes) => JSON.stringify(JSON.parse(bytes.toString()), null, 1)),
      /manifest.json is damaged/,
    ],
    [
      'another reason in the manifest',
      (folder) => edit(join(folder, 'manifest.json'), (bytes) => bytes.toString().replace('"closed"', '"exited"')),
      /not signed by this public key/,
    ],
    [
      'a manifest signed with another key',
      (folder) => resign(folder, makeKey('evil-key')),
      /not signed by this public key. .* evil-key/,
    ],
    [
      'the whole folder of another session',
      (folder) => cp(other.folder, folder, { recursive: true, force: true }),
      /belongs to another session/,
    ],
    [
      'the manifest of another session',
      (folder) => cp(join(other.folder, 'manifest.json'), join(folder, 'manifest.json'), { force: true }),
      /belongs to another session/,
    ],
  ];

  it.each(changes)('is found: %s', async (_name, tamper, problem) => {
    const verdict = await verdictAfter(tamper);
    expect(verdict.state).toBe('tampered');
    expect(verdict.findings.map((finding) => finding.problem).join('\n')).toMatch(new RegExp(problem.source, 'm'));
  });

  it('without a manifest is unsealed, however intact its segments are', async () => {
    const verdict = await verdictAfter((folder) => rm(join(folder, 'manifest.json')));
    expect(verdict).toEqual({ state: 'unsealed', intactSegments: 4, findings: [], manifest: undefined });
  });
});

describe('someone who holds the signing key', () => {
  async function rewriteLastSegment(folder: string): Promise<void> {
    await editChain(folder, (lines) => {
      const before = JSON.parse(lines.at(-2)!);
      const { head: _, ...link } = JSON.parse(lines.at(-1)!);
      const forged = closeLink(before.head, { ...link, at: '2020-01-01T00:00:00.000Z' });
      return [...lines.slice(0, -1), canonicalJson(forged)];
    });
    await resign(folder);
  }

  it('is not found by the folder alone when they rewrite it consistently', async () => {
    expect(await verdictAfter(rewriteLastSegment)).toMatchObject({ state: 'intact' });
  });

  it('is found by the heads in the audit log', async () => {
    const { segments: anchors } = sealed;
    expect(await verdictAfter(rewriteLastSegment, { anchors })).toMatchObject({
      state: 'tampered',
      findings: [{ segment: 4, problem: 'Segment 4: its head is not the one that the audit log knows.' }],
    });
  });

  it('is found by the heads in the audit log when they drop the tail', async () => {
    const dropTail = async (folder: string) => {
      await editChain(folder, (lines) => lines.slice(0, -2));
      for (const part of chainedParts) await truncate(join(folder, part), ranges[1]![part].to);
      await resign(folder);
    };
    expect(await verdictAfter(dropTail)).toMatchObject({ state: 'intact', intactSegments: 2 });
    expect(await verdictAfter(dropTail, { anchors: sealed.segments })).toMatchObject({
      state: 'tampered',
      findings: [{ segment: 3, problem: expect.stringMatching(/audit log knows segments up to 4/) }],
    });
  });

  it('is found by the head of the opening in the audit log, before any segment', async () => {
    const anchors = [{ seq: 0, head: sealed.segments[0]!.head }];
    expect(await verdictAfter(() => undefined, { anchors })).toMatchObject({
      state: 'tampered',
      findings: [{ problem: 'The opening of the chain is not the one that the audit log knows.' }],
    });
  });

  it('is found by the seal in the audit log, whatever they leave', async () => {
    const sealedHead = sealed.segments.at(-1)!.head;
    expect(await verdictAfter((folder) => rm(join(folder, 'manifest.json')), { sealedHead })).toMatchObject({
      state: 'tampered',
      findings: [{ problem: expect.stringMatching(/audit log knows that this was sealed/) }],
    });
    expect(await verdictAfter(rewriteLastSegment, { sealedHead })).toMatchObject({
      state: 'tampered',
      findings: [{ problem: expect.stringMatching(/another chain than the one that the audit log saw sealed/) }],
    });
  });

  it('who swaps in another opening is found by the manifest', async () => {
    const verdict = await verdictAfter(async (folder) => {
      await edit(join(folder, 'manifest.json'), (bytes) => {
        const { signature: _, keyId: __, ...body } = parseManifest(bytes.toString())!;
        return signManifest({ ...body, person: { ...makeSubject().person, name: 'Eve' } }, room.key);
      });
    });
    expect(verdict.findings).toEqual([{ problem: expect.stringMatching(/different stories/) }]);
  });
});

describe('the public key', () => {
  it.each(['', 'not a key', makeKey().privateKeyPem.slice(0, 40)])('must be one: %j', async (publicKeyPem) => {
    await expect(verdictAfter(() => undefined, { publicKeyPem })).rejects.toThrow();
  });
});

describe('a recording that runs', () => {
  it('is unsealed and intact so far, even in the middle of a line', async () => {
    const running = await record(room);
    await appendFile(join(running.folder, 'chain.ndjson'), '{"at":"20');
    const order = { folder: running.folder, sessionId: running.sessionId, publicKeyPem: room.key.publicKeyPem };
    expect(await verifyRecording(order)).toMatchObject({ state: 'unsealed', intactSegments: 4, findings: [] });
    await running.recorder.seal('closed');
  });
});
