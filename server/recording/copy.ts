import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { endOf, followLink, isLink, type Link, type OpeningLine, parseOpeningLine } from './chain.ts';
import { assertNoLinks, makeOneFolder, openPartForReading, recordingFolder, syncFolder } from './folder.ts';
import { isSignedBy, parseManifest } from './manifest.ts';
import { readLines, readRange, readSmall } from './part-reading.ts';
import { type ChainedPart, chainedParts, chainName, manifestName, unfinishedManifestName } from './parts.ts';
import type { Anchor } from './port.ts';
import { verifyRecording } from './verify.ts';

export type CopyOrder = {
  /** Absolute paths of the two stores. */
  from: string;
  to: string;
  /** `YYYY/MM/DD/<session-id>` in both. */
  path: string;
  /** Every key that this installation ever signed recordings with; SPKI PEM. */
  publicKeys: readonly string[];
  /** The copy was found sealed before, and need not be read again while its manifest is the same. */
  isSettled?: boolean;
  /** A segment that the copy was found intact up to before, while the recording went on. */
  before?: Anchor | undefined;
  /** The last segment that is taken of one that is not sealed; all, when it is not said. */
  upTo?: number | undefined;
};

export type RecordingCopy = {
  path: string;
  /**
   * `sealed`: intact to its signed end. `growing`: intact as far as it goes, and nothing closes it yet. `damaged`: copied
   * byte by byte, although it is not what it was. `missing`: there is no such folder.
   */
  state: 'sealed' | 'growing' | 'damaged' | 'missing';
  /** How many segments the copy has, and the head of the last; of a damaged one nobody can tell. */
  segments: number;
  head: string | null;
  /** What is wrong, in sentences. */
  problems: string[];
};

const maxManifestBytes = 1024 * 1024;

/**
 * Brings the copy of a recording up to date, and verifies what it copied. One that is being written is copied as far as
 * its chain goes: never a segment without the line that proves it. What is there already is not copied again, and a copy
 * that is intact to its signed end, or holds what the recording had `before` and has no more, stays whatever became of the
 * recording. Safe to repeat, also after it was cut off.
 */
export async function copyRecording(order: CopyOrder): Promise<RecordingCopy> {
  const { from, to, path } = order;
  const source = recordingFolder(from, path);
  if (!(await isFolder(source))) {
    const copy = recordingFolder(to, path);
    const copied = (await keepSealed(order, copy, undefined)) ?? (await keepBefore(order, source, copy));
    return copied ?? { ...nothing(path), state: 'missing', problems: ['Its folder is gone.'] };
  }
  await assertNoLinks(from, path);
  const target = await makeFolder(to, path);
  // Asked before the chain is read: with a manifest nothing changes any more.
  const manifest = await readManifest(source);
  const chain = await readChain(source, manifest === undefined ? order.upTo : undefined);
  const kept = (await keepSealed(order, target, manifest)) ?? (await keepBefore(order, source, target));
  if (kept) return kept;
  const plan: Plan = { source, target, manifest, chain };
  await carryOver(plan);
  const copy = await judge(order, plan);
  if (copy.state !== 'damaged') return copy;
  // The fault may be of the copy: a machine that lost its power in the midst of an earlier one.
  await carryOver(plan, { afresh: true });
  return judge(order, plan);
}

async function keepSealed(order: CopyOrder, target: string, manifest: string | undefined) {
  const { path, publicKeys, isSettled = false } = order;
  const present = await readManifest(target);
  if (present === undefined) return undefined;
  const chain = await readChain(target);
  if (!chain) return undefined;
  const isSame = present === manifest;
  const isIntact =
    (isSame && isSettled) ||
    (await checkCopy({ folder: target, path, publicKeys, atLeast: known(chain) })).state === 'sealed';
  if (!isIntact) return undefined;
  const { seq: segments, head } = chain.last;
  return { path, state: 'sealed' as const, segments, head, problems: isSame ? [] : [changedSince] };
}

const changedSince = 'It was changed or removed since it was sealed. Its copy, which is intact, was left as it is.';

/** The copy, where the recording does not go through what it had before: nobody has signed that, so that it can be written anew. */
async function keepBefore(
  { path, publicKeys, before }: CopyOrder,
  source: string,
  target: string,
): Promise<RecordingCopy | undefined> {
  if (!before || (await goesThrough(source, before))) return undefined;
  const { state } = await checkCopy({ folder: target, path, publicKeys, atLeast: before });
  if (state !== 'growing') return undefined;
  return { path, state, segments: before.seq, head: before.head, problems: [changedSinceCopied] };
}

const changedSinceCopied =
  'It was cut, changed or removed since it was copied. Its copy, which is intact, was left as it is.';

async function goesThrough(folder: string, { seq, head }: Anchor): Promise<boolean> {
  const chain = await readChain(folder, seq);
  return chain?.last.seq === seq && chain.last.head === head;
}

type Chain = { last: OpeningLine | Link; bytes: number };
type Plan = { source: string; target: string; manifest: string | undefined; chain: Chain | undefined };

const nothing = (path: string) => ({ path, segments: 0, head: null });

async function isFolder(path: string): Promise<boolean> {
  const found = await lstat(path).catch(absent);
  return found?.isDirectory() === true;
}

async function makeFolder(root: string, path: string): Promise<string> {
  let folder = root;
  for (const name of path.split('/')) {
    const above = folder;
    folder = join(folder, name);
    if (await makeOneFolder(folder)) await syncFolder(above);
  }
  await assertNoLinks(root, path);
  return folder;
}

async function readManifest(folder: string): Promise<string | undefined> {
  const file = await openPartForReading(folder, manifestName).catch(absent);
  if (!file) return undefined;
  try {
    return await readSmall(file, maxManifestBytes);
  } finally {
    await file.close();
  }
}

/** How far the chain goes, at most to segment `upTo`; a line that is still being written is left out. `undefined` where it is no chain. */
async function readChain(folder: string, upTo = Number.POSITIVE_INFINITY): Promise<Chain | undefined> {
  const file = await openPartForReading(folder, chainName).catch(absent);
  if (!file) return undefined;
  try {
    let chain: Chain | undefined;
    for await (const { text, end, whole } of readLines(file, 0)) {
      if (!whole || (chain && chain.last.seq >= upTo)) break;
      const next = chain ? linkAfter(chain.last, text) : parseOpeningLine(text);
      if (!next) return undefined;
      chain = { last: next, bytes: end };
    }
    return chain;
  } finally {
    await file.close();
  }
}

function linkAfter(last: OpeningLine | Link, text: string): Link | undefined {
  const next = followLink(last, text);
  return isLink(next) ? next : undefined;
}

// Parts before the chain, and the chain before the manifest: wherever this is cut off, the copy says nothing that it
// cannot show.
async function carryOver({ source, target, manifest, chain }: Plan, { afresh = false } = {}): Promise<void> {
  const isGrowing = manifest === undefined && chain !== undefined;
  const isOurs = !afresh && chain !== undefined && (await beginsAs(source, target, chain));
  const bytesOf = (part: ChainedPart) => (isGrowing ? endOf(chain.last, part) : undefined);
  for (const part of chainedParts) await extend({ source, target, part, bytes: bytesOf(part), afresh: !isOurs });
  await extend({ source, target, part: chainName, bytes: isGrowing ? chain.bytes : undefined, afresh: !isOurs });
  if (manifest === undefined) return;
  const unfinished = await openForWriting(join(target, unfinishedManifestName), constants.O_TRUNC);
  try {
    await unfinished.writeFile(manifest);
    await unfinished.sync();
  } finally {
    await unfinished.close();
  }
  await rename(join(target, unfinishedManifestName), join(target, manifestName));
  await syncFolder(target);
}

/** Whether the chain of the copy is the beginning of this one, so that its parts are as well. */
async function beginsAs(source: string, target: string, { bytes }: Chain): Promise<boolean> {
  const copied = await readFile(join(target, chainName)).catch(absent);
  if (!copied || copied.length > bytes) return false;
  const file = await openPartForReading(source, chainName);
  try {
    let at = 0;
    for await (const piece of readRange(file, 0, copied.length)) {
      if (!copied.subarray(at, at + piece.length).equals(piece)) return false;
      at += piece.length;
    }
    return true;
  } finally {
    await file.close();
  }
}

type Extension = {
  source: string;
  target: string;
  part: ChainedPart | typeof chainName;
  /** All there are, when it is not said. */
  bytes: number | undefined;
  /** Nothing of the copy is kept. */
  afresh: boolean;
};

async function extend({ source, target, part, bytes, afresh }: Extension): Promise<void> {
  const from = await openPartForReading(source, part).catch(absent);
  if (!from) return;
  const to = await openForWriting(join(target, part), afresh ? constants.O_TRUNC : 0);
  try {
    const end = bytes ?? (await from.stat()).size;
    const there = (await to.stat()).size;
    const begin = there > end ? 0 : there;
    if (begin < there) await to.truncate(0);
    let at = begin;
    for await (const piece of readRange(from, begin, end)) {
      await to.write(piece, 0, piece.length, at);
      at += piece.length;
    }
    await to.datasync();
  } finally {
    await to.close();
    await from.close();
  }
}

async function openForWriting(path: string, flags: number): Promise<FileHandle> {
  return open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | flags, 0o600);
}

async function judge({ path, publicKeys }: CopyOrder, { target, manifest, chain }: Plan): Promise<RecordingCopy> {
  const checked = await checkCopy({ folder: target, path, publicKeys, atLeast: chain && known(chain) });
  if (checked.state === 'damaged' || !chain) return { ...nothing(path), ...checked, state: 'damaged' };
  return {
    path,
    segments: chain.last.seq,
    head: chain.last.head,
    problems: [],
    state: manifest ? 'sealed' : 'growing',
  };
}

const known = ({ last: { seq, head } }: Chain) => ({ seq, head });

export type CheckOrder = {
  folder: string;
  path: string;
  publicKeys: readonly string[];
  /** A segment that must be there, with this head. */
  atLeast: Anchor | undefined;
};

/** Reads every byte of a copy. `growing` where nothing contradicts its chain and nothing closes it. */
export async function checkCopy({
  folder,
  path,
  publicKeys,
  atLeast,
}: CheckOrder): Promise<{ state: 'sealed' | 'growing' | 'damaged'; problems: string[] }> {
  const sessionId = path.slice(path.lastIndexOf('/') + 1);
  const publicKeyPem = await signerOf(folder, publicKeys);
  const anchors = atLeast ? [atLeast] : [];
  const { state, findings } = await verifyRecording({ folder, sessionId, publicKeyPem, anchors });
  const problems = findings.map(({ problem }) => problem);
  if (state === 'tampered') return { state: 'damaged', problems };
  return { state: state === 'intact' ? 'sealed' : 'growing', problems };
}

/** Of several keys the one that signed this manifest; any, where none did: then it is found to be signed by nobody. */
async function signerOf(folder: string, publicKeys: readonly string[]): Promise<string> {
  const manifest = parseManifest((await readManifest(folder).catch(() => undefined)) ?? '');
  return publicKeys.find((key) => manifest && isSignedBy(manifest, key)) ?? publicKeys[0] ?? '';
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
