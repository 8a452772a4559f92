import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createTimingParser } from '../protocol/typescript.ts';
import {
  closeLink,
  endOf,
  followLink,
  formatChainLine,
  headerOf,
  isAsAnchored,
  isLink,
  type Link,
  lastAnchored,
  type OpeningLine,
  parseOpeningLine,
} from './chain.ts';
import { assertNoLinks, openPartForReading, recordingFolder } from './folder.ts';
import { isSignedBy, type Manifest, parseManifest } from './manifest.ts';
import { hashRange, readLines, readSmall } from './part-reading.ts';
import { type ChainedPart, chainedParts, chainName, manifestName, perPart } from './parts.ts';
import type { Anchor, CrashSeal, RecordingGap } from './port.ts';
import { describeSealed, type SealSettings, sealFolder } from './seal.ts';
import { type PartFiles, writeAll } from './segment-writer.ts';

/** No crash leaves a folder like this: somebody should look at it before anything in it changes. */
export class RecordingDamaged extends Error {
  override name = 'RecordingDamaged';
}

/** The folder is not the one that the audit log tells of: somebody changed it, and must not get a signature for it. */
export class RecordingForged extends RecordingDamaged {
  override name = 'RecordingForged';
}

export type CrashOrder = { path: string; reason: string; anchors: readonly Anchor[] };

/**
 * Seals a recording whose recorder is gone: cuts each part after its last whole record, closes the last segment over
 * what is left and signs a manifest that tells what was cut. Safe to repeat, also after a crash of its own.
 */
export async function sealAfterCrash(settings: SealSettings, order: CrashOrder): Promise<CrashSeal> {
  const { path, reason, anchors } = order;
  await assertNoLinks(settings.root, path);
  const folder = recordingFolder(settings.root, path);
  const sealed = await readSealed(settings, order, folder);
  if (sealed) return sealed;
  if (!(await hasOpening(folder))) {
    if (anchors.length > 0) throw new RecordingForged('The chain is gone, and the audit log knows that it was there.');
    return { outcome: 'nothing_recorded' };
  }
  const files = await openParts(folder);
  try {
    const chain = await readChain(files[chainName], order);
    const gaps = await cutTails(files, chain);
    const last = await closeTail(settings, files, chain);
    const { timing, events } = await measure(files);
    const durationMs = Math.max(Math.floor(timing.elapsedUs / 1000), events.elapsedMs);
    const sizes = await sizesOf(files);
    const body = {
      ...chain.opening.opening,
      endedAt: new Date(Date.parse(chain.opening.opening.startedAt) + durationMs).toISOString(),
      sealedAt: settings.clock.now().toISOString(),
      durationMs,
      reason,
      outputBytes: Math.max(0, sizes.typescript - Buffer.byteLength(headerOf(chain.opening.opening))),
      files: {
        typescript: { bytes: sizes.typescript },
        'typescript.timing': { bytes: sizes['typescript.timing'], lines: timing.lines },
        'events.ndjson': { bytes: sizes['events.ndjson'], lines: events.lines },
      },
      gaps,
      openingHead: chain.opening.head,
      segments: last.seq,
      head: last.head,
    };
    return { outcome: 'sealed', sealed: await sealFolder(folder, body, settings.key), gaps };
  } finally {
    await Promise.all(Object.values(files).map((file) => file.close()));
  }
}

const maxManifestBytes = 1024 * 1024;

async function readSealed(settings: SealSettings, order: CrashOrder, folder: string): Promise<CrashSeal | undefined> {
  const file = await openPartForReading(folder, manifestName).catch(absentAsUndefined);
  if (!file) return undefined;
  try {
    const text = await readSmall(file, maxManifestBytes);
    const manifest = parseManifest(text);
    if (!manifest) throw new RecordingDamaged('manifest.json exists but is damaged.');
    assertOurs(manifest, settings.key.publicKeyPem, order);
    return { outcome: 'already_sealed', sealed: describeSealed(text, manifest), gaps: manifest.gaps };
  } finally {
    await file.close();
  }
}

function assertOurs(manifest: Manifest, publicKeyPem: string, { path, anchors }: CrashOrder): void {
  if (!isSignedBy(manifest, publicKeyPem)) throw new RecordingForged('manifest.json is not signed by us.');
  assertOfSession(manifest.sessionId, path);
  const { segments, head, openingHead } = manifest;
  const isKnown = anchors.every(({ seq, head: anchored }) => {
    if (seq === 0) return anchored === openingHead;
    return seq < segments || (seq === segments && anchored === head);
  });
  if (!isKnown) throw new RecordingForged('manifest.json closes another chain than the audit log knows.');
}

function assertOfSession(sessionId: string, path: string): void {
  if (!path.endsWith(`/${sessionId}`)) throw new RecordingForged(`The folder is the one of session ${sessionId}.`);
}

// The opening is durable before the first byte of the typescript is written, and both before a session begins.
async function hasOpening(folder: string): Promise<boolean> {
  const file = await openPartForReading(folder, chainName).catch(absentAsUndefined);
  try {
    if (file) for await (const line of readLines(file, 0)) if (line.whole) return true;
  } finally {
    await file?.close();
  }
  const typescript = await stat(join(folder, 'typescript')).catch(absentAsUndefined);
  if (typescript && typescript.size > 0) throw new RecordingDamaged('There is output, but the chain has no opening.');
  return false;
}

async function openParts(folder: string): Promise<PartFiles> {
  const opened: FileHandle[] = [];
  const openOne = async (part: keyof PartFiles) => {
    const handle = await open(join(folder, part), constants.O_RDWR | constants.O_NOFOLLOW);
    opened.push(handle);
    return handle;
  };
  try {
    return {
      [chainName]: await openOne(chainName),
      typescript: await openOne('typescript'),
      'typescript.timing': await openOne('typescript.timing'),
      'events.ndjson': await openOne('events.ndjson'),
    };
  } catch (error) {
    await Promise.all(opened.map((handle) => handle.close()));
    throw error;
  }
}

type Chain = { opening: OpeningLine; last: OpeningLine | Link; end: number };

async function readChain(file: FileHandle, { path, anchors }: CrashOrder): Promise<Chain> {
  let chain: Chain | undefined;
  for await (const { text, end, whole } of readLines(file, 0)) {
    if (!whole) break; // a link that was being written: its segment becomes part of the tail
    if (!chain) {
      const opening = parseOpeningLine(text);
      if (!opening) throw new RecordingDamaged('The opening of the chain is damaged.');
      assertOfSession(opening.opening.sessionId, path);
      assertAnchored(opening, anchors);
      chain = { opening, last: opening, end };
      continue;
    }
    const link = followLink(chain.last, text);
    if (!isLink(link)) throw new RecordingDamaged(`Segment ${link.seq}: ${link.problem}.`);
    assertAnchored(link, anchors);
    chain = { opening: chain.opening, last: link, end };
  }
  if (!chain) throw new RecordingDamaged('The chain has no opening.');
  // A head is told after its line is durable, so no crash takes a line away that was told.
  if (chain.last.seq < lastAnchored(anchors)) {
    throw new RecordingForged(`Segment ${chain.last.seq + 1} is missing, and the audit log knows it.`);
  }
  return chain;
}

function assertAnchored(line: OpeningLine | Link, anchors: readonly Anchor[]): void {
  if (isAsAnchored(line, anchors)) return;
  throw new RecordingForged(`The head of segment ${line.seq} is not the one that the audit log knows.`);
}

// A file that is shorter than the chain says was not cut by a crash. It is sealed as it is, so that `verify` names the
// segment that is broken.
async function cutTails(files: PartFiles, chain: Chain): Promise<RecordingGap[]> {
  const sizes = await sizesOf(files);
  const gaps = chainedParts.flatMap((part): RecordingGap[] => {
    const missing = endOf(chain.last, part) - sizes[part];
    if (missing <= 0) return [];
    return [{ file: part, atByte: sizes[part], bytes: missing, why: 'The file is shorter than the chain says.' }];
  });
  const chainSize = (await files[chainName].stat()).size;
  if (chainSize > chain.end) await files[chainName].truncate(chain.end);
  if (gaps.length > 0) return gaps;

  const whole = await findWholeRecords(files, chain, sizes);
  for (const part of chainedParts) {
    if (sizes[part] <= whole[part]) continue;
    const why = part === 'typescript' ? 'Its timing was not written yet.' : 'The last record was not whole.';
    gaps.push({ file: part, atByte: whole[part], bytes: sizes[part] - whole[part], why });
    await files[part].truncate(whole[part]);
  }
  for (const part of chainedParts) await files[part].datasync();
  return gaps;
}

type Sizes = Record<ChainedPart, number>;

/** Where each part may end: timing after the last step whose data is all there, data after that step. */
async function findWholeRecords(files: PartFiles, { opening, last }: Chain, sizes: Sizes): Promise<Sizes> {
  let data = endOf(last, 'typescript');
  let timing = endOf(last, 'typescript.timing');
  if (data === 0) {
    const header = Buffer.byteLength(headerOf(opening.opening));
    data = header <= sizes.typescript ? header : 0;
  }
  const parser = createTimingParser();
  if (data > 0) {
    for await (const { text, end, whole } of readLines(files['typescript.timing'], timing)) {
      const [step] = whole ? parser.push(Buffer.from(`${text}\n`)) : [];
      if (!step || data + step.bytes > sizes.typescript) break;
      data += step.bytes;
      timing = end;
    }
  }
  let events = endOf(last, 'events.ndjson');
  for await (const { text, end, whole } of readLines(files['events.ndjson'], events)) {
    if (!whole || !isJson(text)) break;
    events = end;
  }
  return { typescript: data, 'typescript.timing': timing, 'events.ndjson': events };
}

async function closeTail(settings: SealSettings, files: PartFiles, chain: Chain): Promise<OpeningLine | Link> {
  const sizes = await sizesOf(files);
  const isShort = chainedParts.some((part) => sizes[part] < endOf(chain.last, part));
  if (isShort || chainedParts.every((part) => sizes[part] === endOf(chain.last, part))) return chain.last;
  const hashes: Partial<Record<ChainedPart, string>> = {};
  for (const part of chainedParts) {
    hashes[part] = (await hashRange(files[part], endOf(chain.last, part), sizes[part])).sha256;
  }
  const parts = perPart((part) => ({
    from: endOf(chain.last, part),
    to: sizes[part],
    sha256: hashes[part] ?? '',
  }));
  const at = settings.clock.now().toISOString();
  const link = closeLink(chain.last.head, { seq: chain.last.seq + 1, at, parts });
  await writeAll(files[chainName], [Buffer.from(formatChainLine(link))], chain.end);
  await files[chainName].datasync();
  return link;
}

async function measure(files: PartFiles) {
  const timing = { lines: 0, elapsedUs: 0 };
  const parser = createTimingParser();
  for await (const { text } of readLines(files['typescript.timing'], 0)) {
    const [step] = parser.push(Buffer.from(`${text}\n`));
    if (!step) break;
    timing.lines += 1;
    timing.elapsedUs += step.delayUs;
  }
  const events = { lines: 0, elapsedMs: 0 };
  for await (const { text, whole } of readLines(files['events.ndjson'], 0)) {
    if (!whole) break;
    events.lines += 1;
    const elapsedMs = isJson(text) ? JSON.parse(text).elapsedMs : undefined;
    if (Number.isSafeInteger(elapsedMs)) events.elapsedMs = Math.max(events.elapsedMs, elapsedMs);
  }
  return { timing, events };
}

async function sizesOf(files: PartFiles): Promise<Sizes> {
  return {
    typescript: (await files.typescript.stat()).size,
    'typescript.timing': (await files['typescript.timing'].stat()).size,
    'events.ndjson': (await files['events.ndjson'].stat()).size,
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function absentAsUndefined(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
