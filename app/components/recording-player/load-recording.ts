import { headerLength } from '#server/protocol/typescript.ts';
import { parseEvents } from '#server/protocol/typescript-events.ts';
import { openIndexed } from './indexed-track.ts';
import { refusalOf } from './refusal.ts';
import { buildTimeline, type Track, wholeTrack } from './timeline.ts';

/** Without an index replay holds the whole typescript in memory; above this a browser tab would suffer. */
export const maxPlayableBytes = 256 * 1024 * 1024;

export type LoadResult = { ok: true; track: Track } | { ok: false; sentence: string };

type Fetch = typeof fetch;
export type LoadOptions = {
  fetch: Fetch;
  signal: AbortSignal;
  /** Bytes of the typescript so far, and how many there will be if the gateway said. */
  onProgress(bytes: number, total: number | undefined): void;
};

const tooLarge =
  'This recording is too large to play here. Download it and play it with: scriptreplay --timing typescript.timing typescript';

/**
 * Opens a recording for replay: by its index, of which not more is fetched than is shown, or, where there is none, as a
 * whole. Expected refusals come as sentences; an abort rejects.
 */
export async function loadRecording(sessionId: string, options: LoadOptions): Promise<LoadResult> {
  const base = `/api/recordings/${encodeURIComponent(sessionId)}`;
  const { signal, onProgress } = options;
  try {
    const indexed = await openIndexed(base, options);
    if (indexed) return indexed;
    const timing = await options.fetch(`${base}/typescript.timing`, { signal });
    if (!timing.ok) return { ok: false, sentence: await refusalOf(timing) };
    const timingBytes = new Uint8Array(await timing.arrayBuffer());
    const log = await options.fetch(`${base}/events.ndjson`, { signal });
    if (!log.ok) return { ok: false, sentence: await refusalOf(log) };
    const events = parseEvents(await log.text());
    const data = await options.fetch(`${base}/typescript`, { signal });
    if (!data.ok) return { ok: false, sentence: await refusalOf(data) };
    if ((lengthOf(data) ?? 0) > maxPlayableBytes) {
      await data.body?.cancel();
      return { ok: false, sentence: tooLarge };
    }
    const typescript = await readWhole(data, onProgress);
    if (!typescript) return { ok: false, sentence: tooLarge };
    const output = typescript.subarray(headerLength(typescript) ?? typescript.length);
    return { ok: true, track: wholeTrack(buildTimeline(timingBytes, events, output.length), output) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { ok: false, sentence: 'The recording could not be fetched. Check your connection and try again.' };
  }
}

function lengthOf(response: Response): number | undefined {
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  return Number.isSafeInteger(length) ? length : undefined;
}

async function readWhole(response: Response, onProgress: LoadOptions['onProgress']): Promise<Uint8Array | undefined> {
  const total = lengthOf(response);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    chunks.push(part.value);
    bytes += part.value.length;
    if (bytes > maxPlayableBytes) {
      await reader?.cancel();
      return undefined;
    }
    onProgress(bytes, total);
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
