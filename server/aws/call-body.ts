import type { IncomingMessage } from 'node:http';
import type { Room } from './bodies/room.ts';
import { readWhole, type WholeBody } from './bodies/whole-body.ts';
import { maxParsedBytes } from './operations/limits.ts';
import { bodyWanted, type Question } from './operations/name-operation.ts';
import type { Operations } from './operations/table.ts';
import { headersOf } from './sigv4/headers.ts';
import { hasBody } from './sigv4/payload.ts';
import type { Payload, Refused, Verified } from './sigv4/request.ts';
import type { Verification } from './sigv4/verify.ts';

export type ReadBody = Extract<WholeBody, { ok: true }>;

/** Verified to the end. `body` where it had to be read for that, or for the name of the call. */
export type BodyRead<T> = { ok: true; verified: Verified<T>; body?: ReadBody } | Refused;

/** Memory is not held for a client that sends nothing for so long. */
const bodyPauseMs = 30_000;

type Reading = { request: IncomingMessage; room: Room; goOn(): void };

/**
 * Reads a body where the signature or the name of the call needs it, and completes the verification. Everything else is
 * left to be streamed. Rejects when the client goes away.
 */
export async function readBodyFor<T>(
  verification: Exclude<Verification<T>, Refused>,
  operations: Operations,
  question: Question,
  { request, room, goOn }: Reading,
): Promise<BodyRead<T>> {
  const headers = headersOf(question.request.headers);
  const declared = Number(headers.get('content-length')?.[0] ?? 0);
  if (
    verification.verified &&
    !isNeeded(verification.verified.payload, declared, () => bodyWanted(operations, question))
  )
    return { ok: true, verified: verification.verified };
  if (!hasBody(headers))
    return verification.verified ? { ok: true, verified: verification.verified } : refuse('signature');

  goOn();
  const { socket } = request;
  const patienceMs = socket.timeout ?? 0;
  socket.setTimeout(bodyPauseMs);
  const body = await readWhole(request, { room, declared });
  socket.setTimeout(patienceMs);
  if (!body.ok) return refuse(body.refusal, claimOf(verification));
  if (!verification.verified) {
    const finished = verification.finish(body.hash);
    if (finished.ok) return { ok: true, verified: finished.verified, body };
    body.release();
    return finished;
  }
  const { payload, claim } = verification.verified;
  if (payload.mode === 'hash' && payload.hash !== body.hash) {
    body.release();
    return refuse('payload_hash', claim);
  }
  return { ok: true, verified: verification.verified, body };
}

function isNeeded({ mode }: Payload, declared: number, wanted: () => 'name' | 'parameters' | 'none'): boolean {
  if (mode === 'absent') return true;
  // Within chunks nothing is read: no client writes a call's parameters that way.
  if (mode !== 'hash' && mode !== 'unsigned') return false;
  const part = wanted();
  return part === 'name' || (part === 'parameters' && declared > 0 && declared <= maxParsedBytes);
}

function refuse(refusal: Refused['refusal'], claim?: Refused['claim']): Refused {
  return { ok: false, refusal, ...(claim && { claim }) };
}

function claimOf<T>(verification: Exclude<Verification<T>, Refused>): Refused['claim'] {
  return verification.verified ? verification.verified.claim : verification.claim;
}
