// Contract: what the gateway says while it verifies a recording becomes progress and a proof, however its lines are cut;
// what it refuses, and an answer that ends early or is none, become sentences; an abort is an abort.
import { expect, test } from 'vitest';
import type { RecordingProof } from '#server/protocol/recording-proof.ts';
import { askProof } from './ask-proof.ts';

const proof: RecordingProof = {
  state: 'tampered',
  intactSegments: 2,
  problems: ['Segment 3: grün.'],
  logProblems: [],
  heads: 4,
  at: '2026-03-01T10:00:00.000Z',
  ms: 12,
};
const unreachable = 'Sallyport did not answer. Check your connection and try again.';

async function ask(
  respond: (url: string, init?: RequestInit) => Promise<Response>,
  signal = new AbortController().signal,
) {
  const percents: number[] = [];
  const fetch = ((url: string, init?: RequestInit) => respond(url, init)) as typeof globalThis.fetch;
  const asked = await askProof('id', { fetch, signal, onProgress: (percent) => percents.push(percent) });
  return { asked, percents };
}

function streamed(text: string, pieceBytes: number): Response {
  const bytes = new TextEncoder().encode(text);
  return new Response(
    new ReadableStream({
      start(controller) {
        for (let at = 0; at < bytes.length; at += pieceBytes) controller.enqueue(bytes.slice(at, at + pieceBytes));
        controller.close();
      },
    }),
  );
}

test.each([1, 7, 10_000])('progress and proof, in pieces of %d bytes', async (pieceBytes) => {
  const text = `{"percent":5}\n{"percent":100}\n${JSON.stringify({ proof })}\n`;
  const { asked, percents } = await ask(async (url, init) => {
    expect([url, init?.method]).toEqual(['/api/recordings/id/proof', 'POST']);
    return streamed(text, pieceBytes);
  });
  expect(asked).toEqual({ ok: true, proof });
  expect(percents).toEqual([5, 100]);
});

test.each([
  ['a refusal', new Response('{"error":{"code":"forbidden","message":"Not you."}}', { status: 403 }), 'Not you.'],
  ['a failure on the way', streamed('{"percent":5}\n{"failed":"It could not be read."}\n', 9), 'It could not be read.'],
  ['an answer that ends early', streamed('{"percent":5}\n', 9), unreachable],
  ['an answer that is none', streamed('<html>\n', 9), unreachable],
])('%s is a sentence', async (_, response, sentence) => {
  expect((await ask(async () => response)).asked).toEqual({ ok: false, sentence });
});

test('a gateway that is not there is a sentence, and leaving is none', async () => {
  const fails = () => Promise.reject(new TypeError('Failed to fetch'));
  expect((await ask(fails)).asked).toEqual({ ok: false, sentence: unreachable });
  const leaving = new AbortController();
  leaving.abort();
  await expect(ask(fails, leaving.signal)).rejects.toThrow('Failed to fetch');
});
