import { refusalOf } from '#app/components/recording-player/refusal.ts';
import { type ProofMessage, ProofMessageSchema, type RecordingProof } from '#server/protocol/recording-proof.ts';

export type AskedProof = { ok: true; proof: RecordingProof } | { ok: false; sentence: string };

type AskOptions = { fetch: typeof fetch; signal: AbortSignal; onProgress(percent: number): void };

const unreachable = 'Sallyport did not answer. Check your connection and try again.';

/** Has the gateway verify a recording. What it refuses and what goes wrong come as sentences; an abort rejects. */
export async function askProof(sessionId: string, { fetch, signal, onProgress }: AskOptions): Promise<AskedProof> {
  try {
    const url = `/api/recordings/${encodeURIComponent(sessionId)}/proof`;
    const response = await fetch(url, { method: 'POST', signal });
    if (!response.ok) return { ok: false, sentence: await refusalOf(response) };
    for await (const message of messagesOf(response)) {
      if ('proof' in message) return { ok: true, proof: message.proof };
      if ('failed' in message) return { ok: false, sentence: message.failed };
      onProgress(message.percent);
    }
  } catch (error) {
    if (signal.aborted) throw error;
  }
  return { ok: false, sentence: unreachable };
}

async function* messagesOf(response: Response): AsyncGenerator<ProofMessage> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    const lines = `${rest}${decoder.decode(part.value, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield ProofMessageSchema.parse(JSON.parse(line));
  }
}
