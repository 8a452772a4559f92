import type { IncomingMessage, ServerResponse } from 'node:http';
import { httpStatusOf, type Outcome, type Refusal, refuse, sentenceOf } from '../errors.ts';
import { isUuid, type SessionId } from '../ids.ts';
import type { AuthorizedView } from '../launch/authorized-connection.ts';
import type { ScreenPicture } from '../protocol/screen-picture.ts';
import { answerJson, answerNotice } from './answer.ts';
import type { PublicOrigin } from './public-origin.ts';
import { isFromElsewhere } from './same-origin.ts';
import { newNonce, plainPolicy, setSecurityHeaders } from './security-headers.ts';

export type PictureReadsOptions = {
  ours: PublicOrigin;
  /** Who asks, and whether they may. */
  authorize(wish: { cookieHeader: string | undefined; sessionId: SessionId }): Promise<Outcome<AuthorizedView>>;
  /** Writes down that they look before it answers; `undefined`: there is no picture. */
  picture(view: AuthorizedView): Promise<ScreenPicture | undefined>;
};

/** Answers `/api/live/<session-id>/picture` with the screen of a running session in small, as JSON. */
export function createPictureReads(options: PictureReadsOptions) {
  return async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    const answer = await read(options, request, path);
    if (!answer.ok) {
      const { code } = answer;
      answerNotice(request, response, options.ours, { status: httpStatusOf(code), code, sentence: sentenceOf(answer) });
      return;
    }
    setSecurityHeaders(response, options.ours, plainPolicy(newNonce()));
    answerJson(request, response, 200, answer.value);
  };
}

async function read(
  options: PictureReadsOptions,
  request: IncomingMessage,
  path: string,
): Promise<Outcome<ScreenPicture> | Refusal> {
  const sessionId = /^\/api\/live\/([0-9a-f-]{36})\/picture$/.exec(path)?.[1] ?? '';
  if (request.method !== 'GET' || !isUuid(sessionId)) return refuse('not_found');
  // A page of another site must not make an auditor's browser look at anybody.
  if (isFromElsewhere(request.headers)) return refuse('forbidden');
  const right = await options.authorize({ cookieHeader: request.headers.cookie, sessionId: sessionId as SessionId });
  if (!right.ok) return right;
  const picture = await options.picture(right.value);
  return picture ? { ok: true, value: picture } : refuse('unavailable');
}
