import { type FileHandle, readdir } from 'node:fs/promises';
import { canonicalJson } from './canonical-json.ts';
import {
  endOf,
  followLink,
  isAsAnchored,
  isLink,
  type Link,
  lastAnchored,
  type OpeningLine,
  parseOpeningLine,
} from './chain.ts';
import { openPartForReading } from './folder.ts';
import { isSignedBy, type Manifest, openingOf, parseManifest } from './manifest.ts';
import { hashRange, readLines, readSmall } from './part-reading.ts';
import { type ChainedPart, chainedParts, chainName, erasedNames, manifestName, type PartName } from './parts.ts';
import type { Anchor } from './port.ts';
import { checkTombstone } from './tombstone.ts';

export type VerifyOrder = {
  /** Absolute path of the recording's folder. */
  folder: string;
  sessionId: string;
  /** SPKI PEM, from a place that whoever can change the folder cannot change. */
  publicKeyPem: string;
  /** Keys that the installation had before, from the same place. */
  olderKeys?: readonly string[];
  /** Told of bytes hashed so far, and of all there are to hash. */
  onProgress?: (bytes: number, total: number) => void;
} & RecordingEvidence;

/** What is known of a recording outside its folder; the less, the weaker the proof. */
export type RecordingEvidence = {
  /** Heads of segments as the audit log knows them. */
  anchors?: readonly Anchor[];
  /** The last head and SHA-256 of the manifest in hex, where the audit log knows that the recording was sealed. */
  sealedHead?: string | undefined;
  manifestSha256?: string | undefined;
  /** The database says that it was sealed. */
  isSealed?: boolean;
  /** What the audit log knows of its deletion: `null`, nothing; `undefined`, it was not asked. */
  deletion?: { manifestSha256: string } | null | undefined;
};

export type Finding = {
  /** The first segment that is not what it was, where one can be named. */
  segment?: number;
  /** A whole sentence. */
  problem: string;
};

export type Verdict = {
  /**
   * `unsealed`: nothing contradicts the chain, but no manifest closes it; still running, crashed, or cut. `deleted`: what is
   * left of it says so and is what it was; the rest is gone.
   */
  state: 'intact' | 'unsealed' | 'tampered' | 'deleted';
  /** Segments from the first on whose every byte is what the chain says. */
  intactSegments: number;
  findings: Finding[];
  manifest: Manifest | undefined;
  /** When it was deleted and why, as what is left of it says. */
  deleted?: { at: string; reason: string };
};

/** Checks a recording against itself, the key and the audit log's heads. Reads in pieces, whatever the size. */
export async function verifyRecording(order: VerifyOrder): Promise<Verdict> {
  return (await verifyDeleted(order)) ?? (await verifyPresent(order));
}

async function verifyDeleted(order: VerifyOrder): Promise<Verdict | undefined> {
  const checked = await checkTombstone(order);
  if (!checked) return undefined;
  const { tombstone, manifest, problems } = checked;
  const names = await readdir(order.folder);
  const left = erasedNames.filter((name) => names.includes(name));
  const findings: Finding[] = [
    ...problems,
    ...left.map((name) => `${name} is there, although this recording was deleted.`),
  ].map((problem) => ({ problem }));
  const deleted = tombstone && { deleted: { at: tombstone.deletedAt, reason: tombstone.reason } };
  return { state: findings.length > 0 ? 'tampered' : 'deleted', intactSegments: 0, findings, manifest, ...deleted };
}

async function verifyPresent(order: VerifyOrder): Promise<Verdict> {
  const findings: Finding[] = [];
  const manifest = await checkManifest(order, findings);
  const isManifestThere = manifest !== undefined || findings.length > 0;
  const files: Files = new Map();
  try {
    for (const part of [chainName, ...chainedParts] as const) {
      const file = await openOrTell(order.folder, part, findings);
      if (file) files.set(part, file);
    }
    const onRead = await tallyOf(order, files);
    const walk = await walkChain({ ...order, onRead }, files, isManifestThere, findings);
    const { sealedHead } = order;
    if (!walk.isBroken && walk.last) {
      await checkEnds(files, walk.last, manifest, findings);
      if (manifest) checkAgainstChain(manifest, walk, findings);
      if (sealedHead !== undefined) checkSealed(manifest, sealedHead, findings);
    }
    checkLog(order, findings);
    const state = findings.length > 0 ? 'tampered' : isManifestThere ? 'intact' : 'unsealed';
    return { state, intactSegments: walk.intactSegments, findings, manifest };
  } finally {
    await Promise.all([...files.values()].map((file) => file.close()));
  }
}

type Files = Map<PartName, FileHandle>;
type Reading = VerifyOrder & { onRead(bytes: number): void };

/** Tells how far it is, out of all that the chained files hold. */
async function tallyOf({ onProgress }: VerifyOrder, files: Files): Promise<Reading['onRead']> {
  let read = 0;
  let total = 0;
  for (const part of chainedParts) total += (await files.get(part)?.stat())?.size ?? 0;
  return (bytes) => {
    read += bytes;
    onProgress?.(read, total);
  };
}

function checkLog({ isSealed, sealedHead }: VerifyOrder, findings: Finding[]): void {
  if (!isSealed || sealedHead !== undefined) return;
  const problem =
    'The database says that this was sealed, and the audit log has no row of that: its newest rows were deleted.';
  findings.push({ problem });
}

const maxManifestBytes = 1024 * 1024;

async function checkManifest(order: VerifyOrder, findings: Finding[]): Promise<Manifest | undefined> {
  const file = await openOrTell(order.folder, manifestName, findings);
  if (!file) return undefined;
  let manifest: Manifest | undefined;
  let sha256: string;
  try {
    manifest = parseManifest(await readSmall(file, maxManifestBytes).catch(() => ''));
    ({ sha256 } = await hashRange(file, 0, maxManifestBytes));
  } finally {
    await file.close();
  }
  if (!manifest) {
    findings.push({ problem: 'manifest.json is damaged.' });
    return undefined;
  }
  if (![order.publicKeyPem, ...(order.olderKeys ?? [])].some((key) => isSignedBy(manifest, key))) {
    findings.push({
      problem: `manifest.json is not signed by this public key. It says that it was signed by the key ${manifest.keyId}.`,
    });
  }
  if (manifest.sessionId !== order.sessionId) {
    findings.push({ problem: `manifest.json belongs to another session, ${manifest.sessionId}.` });
  }
  if (order.manifestSha256 !== undefined && order.manifestSha256 !== sha256) {
    findings.push({ problem: 'manifest.json is not the one that the audit log saw sealed.' });
  }
  return manifest;
}

// A missing manifest is no finding by itself: the recording may be running. Any other missing part is one.
async function openOrTell(folder: string, part: PartName, findings: Finding[]): Promise<FileHandle | undefined> {
  try {
    return await openPartForReading(folder, part);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && part === manifestName) return undefined;
    if (code === 'ENOENT') findings.push({ problem: `${part} is missing.` });
    else if (code === 'ELOOP') findings.push({ problem: `${part} is a link, not a file.` });
    else if (code === undefined) findings.push({ problem: (error as Error).message });
    else throw error; // We could not look; that says nothing about the recording.
    return undefined;
  }
}

type Walk = { opening?: OpeningLine; last?: OpeningLine | Link; intactSegments: number; isBroken: boolean };

/** Follows the chain segment by segment, and stops at the first one that is not what it was. */
async function walkChain(order: Reading, files: Files, isSealed: boolean, findings: Finding[]): Promise<Walk> {
  const walk: Walk = { intactSegments: 0, isBroken: false };
  const stop = (fault: Finding): Walk => {
    findings.push(fault);
    return { ...walk, isBroken: true };
  };
  const chain = files.get(chainName);
  if (!chain) return { ...walk, isBroken: true };
  for await (const line of readLines(chain, 0)) {
    if (!line.whole && !isSealed) break; // being written, or cut by a crash
    const text = line.whole ? line.text : '';
    const next = walk.last ? await takeSegment(order, files, walk.last, text) : takeOpening(order, text);
    if ('problem' in next) return stop(next);
    if ('opening' in next) walk.opening = next;
    walk.last = next;
    walk.intactSegments = next.seq;
  }
  if (!walk.last) return stop({ problem: 'The chain is empty.' });
  const known = lastAnchored(order.anchors ?? []);
  if (known <= walk.last.seq) return walk;
  return stop(segmentFault(walk.last.seq + 1, `it is missing, and the audit log knows segments up to ${known}`));
}

function takeOpening(order: VerifyOrder, text: string): OpeningLine | Finding {
  const opening = parseOpeningLine(text);
  if (!opening) return { problem: 'The opening of the chain is damaged.' };
  const { sessionId } = opening.opening;
  if (sessionId !== order.sessionId) return { problem: `The chain belongs to another session, ${sessionId}.` };
  if (isAsAnchored(opening, order.anchors ?? [])) return opening;
  return { problem: 'The opening of the chain is not the one that the audit log knows.' };
}

async function takeSegment(order: Reading, files: Files, previous: OpeningLine | Link, text: string) {
  const link = followLink(previous, text);
  if (!isLink(link)) return segmentFault(link.seq, link.problem);
  const problem = await checkSegment(files, link, order.onRead);
  if (problem) return segmentFault(link.seq, problem);
  return isAsAnchored(link, order.anchors ?? [])
    ? link
    : segmentFault(link.seq, 'its head is not the one that the audit log knows');
}

function segmentFault(segment: number, problem: string): Finding {
  return { segment, problem: `Segment ${segment}: ${problem}.` };
}

async function checkSegment(files: Files, link: Link, onRead: Reading['onRead']): Promise<string | undefined> {
  const problems: string[] = [];
  for (const part of chainedParts) {
    const file = files.get(part);
    const { from, to, sha256 } = link.parts[part];
    if (!file || from === to) continue;
    const found = await hashRange(file, from, to, onRead);
    if (found.bytes < to - from)
      problems.push(`${part} ends at byte ${from + found.bytes} instead of going on to ${to}`);
    else if (found.sha256 !== sha256) problems.push(`${part} was changed between byte ${from} and byte ${to}`);
  }
  return problems.length > 0 ? problems.join('; ') : undefined;
}

/** Bytes after the last segment: normal while a recorder runs, an addition once a manifest closed the recording. */
async function checkEnds(
  files: Files,
  last: OpeningLine | Link,
  manifest: Manifest | undefined,
  findings: Finding[],
): Promise<void> {
  if (!manifest) return;
  for (const part of chainedParts) {
    const size = (await files.get(part)?.stat())?.size ?? 0;
    const extra = size - endOf(last, part);
    if (extra > 0) findings.push({ problem: `${part} has ${extra} bytes after its last segment.` });
  }
}

function checkSealed(manifest: Manifest | undefined, sealedHead: string, findings: Finding[]): void {
  if (!manifest) {
    findings.push({ problem: 'manifest.json is missing or damaged, and the audit log knows that this was sealed.' });
  } else if (manifest.head !== sealedHead) {
    findings.push({ problem: 'manifest.json closes another chain than the one that the audit log saw sealed.' });
  }
}

function checkAgainstChain(manifest: Manifest, { opening, last, intactSegments }: Walk, findings: Finding[]): void {
  if (!opening || !last) return;
  const isSameOpening = canonicalJson(openingOf(manifest)) === canonicalJson(opening.opening);
  if (!isSameOpening || manifest.openingHead !== opening.head) {
    findings.push({ problem: 'manifest.json and the opening of the chain tell different stories of who and what.' });
  }
  if (manifest.segments > intactSegments) {
    const problem = `it is missing, the manifest closes ${manifest.segments} segments`;
    findings.push(segmentFault(intactSegments + 1, problem));
  } else if (manifest.segments < intactSegments) {
    findings.push(segmentFault(manifest.segments + 1, 'it was added after the manifest'));
  } else if (manifest.head !== last.head) {
    findings.push(segmentFault(last.seq, 'its head is not the one in the manifest'));
  }
  const differs = (part: ChainedPart) => manifest.files[part].bytes !== endOf(last, part);
  for (const part of chainedParts.filter(differs)) {
    findings.push({ problem: `manifest.json gives ${part} another size than the chain.` });
  }
}
