import type { IncomingMessage, ServerResponse } from 'node:http';
import { httpStatusOf, type Outcome, refuse, sentenceOf } from '../errors.ts';
import { isUuid, type SessionId } from '../ids.ts';
import type { Log } from '../log.ts';
import type { ProofMessage, RecordingProof } from '../protocol/recording-proof.ts';
import { answerNotice } from './answer.ts';
import type { PublicOrigin } from './public-origin.ts';
import { newNonce, plainPolicy, setSecurityHeaders } from './security-headers.ts';

export type RecordingProofsOptions = {
  ours: PublicOrigin;
  log: Log;
  /** Who asks, whether they may, the proof and the audit of it. */
  prove(wish: {
    cookieHeader: string | undefined;
    sessionId: SessionId;
    onProgress(percent: number): void;
    /** Aborted when whoever asked has left. */
    signal: AbortSignal;
  }): Promise<Outcome<RecordingProof>>;
  /** How many proofs are being made or waited for. */
  waiting(): number;
};

const mostWaiting = 4;
const failed = 'The recording could not be read. The log of the gateway has the details.';

/** The session of `/api/recordings/<session-id>/proof`; `undefined` for every other address. */
export function provenBy(path: string): SessionId | undefined {
  const id = /^\/api\/recordings\/([0-9a-f-]{36})\/proof$/.exec(path)?.[1];
  return id !== undefined && isUuid(id) ? (id as SessionId) : undefined;
}

/**
 * Answers `POST /api/recordings/<session-id>/proof` with a line of JSON for each percent (`ProofMessage`), and at last the
 * proof. A refusal has its status while nothing was sent.
 */
export function createRecordingProofs({ ours, log, prove, waiting }: RecordingProofsOptions) {
  return async (request: IncomingMessage, response: ServerResponse, sessionId: SessionId): Promise<void> => {
    const leaving = new AbortController();
    response.once('close', () => leaving.abort());
    const say = (message: ProofMessage) => {
      if (!response.headersSent) begin(response, ours);
      response.write(`${JSON.stringify(message)}\n`);
    };
    const outcome = await answer();
    if (leaving.signal.aborted) return;
    if (outcome.ok) say({ proof: outcome.value });
    else if (response.headersSent) say({ failed: outcome.code === 'unavailable' ? failed : sentenceOf(outcome) });
    else {
      const { code } = outcome;
      return answerNotice(request, response, ours, { status: httpStatusOf(code), code, sentence: sentenceOf(outcome) });
    }
    response.end();

    async function answer(): Promise<Outcome<RecordingProof>> {
      if (request.method !== 'POST') return refuse('not_found');
      if (waiting() >= mostWaiting) return refuse('unavailable');
      const { cookie: cookieHeader } = request.headers;
      const onProgress = (percent: number) => say({ percent });
      try {
        return await prove({ cookieHeader, sessionId, onProgress, signal: leaving.signal });
      } catch (err) {
        if (!leaving.signal.aborted) log.error('A recording could not be verified', { err, sessionId });
        return refuse('unavailable');
      }
    }
  };
}

function begin(response: ServerResponse, ours: PublicOrigin): void {
  setSecurityHeaders(response, ours, plainPolicy(newNonce()));
  response.writeHead(200, {
    'content-type': 'application/x-ndjson; charset=utf-8',
    'cache-control': 'no-store',
    // A proxy that collects the answer would show no progress.
    'x-accel-buffering': 'no',
  });
}
