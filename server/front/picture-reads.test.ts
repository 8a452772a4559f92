// Contract: `/api/live/<session-id>/picture` answers with the picture to whoever may look, asked each time, and with a
// sentence to everybody else. A page of another site gets nothing, and nobody is looked at for it.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Outcome, refuse } from '../errors.ts';
import type { AuthorizedView } from '../launch/authorized-connection.ts';
import type { ScreenPicture } from '../protocol/screen-picture.ts';
import { createPictureReads, type PictureReadsOptions } from './picture-reads.ts';
import { publicOriginOf } from './public-origin.ts';
import { ask, type RunningFront, runFront } from './testing/running-front.ts';

const sessionId = '0197f7a8-0000-7000-8000-000000000001';
const path = `/api/live/${sessionId}/picture`;
const view = { sessionId, isTold: true } as unknown as AuthorizedView;
const drawn: ScreenPicture = { columns: 80, rows: 24, lines: [[{ text: '$ ls', bold: true }]] };

let front: RunningFront;
let asked: Parameters<PictureReadsOptions['authorize']>[0][];
let looked: AuthorizedView[];
let right: Outcome<AuthorizedView>;
let picture: ScreenPicture | undefined;

beforeAll(async () => {
  const readPicture = createPictureReads({
    ours: publicOriginOf('http://gateway.test'),
    authorize: async (wish) => {
      asked.push(wish);
      return right;
    },
    picture: async (allowed) => {
      looked.push(allowed);
      return picture;
    },
  });
  front = await runFront({ portal: (_request, response) => response.end('portal'), readPicture });
});
beforeEach(() => {
  asked = [];
  looked = [];
  right = { ok: true, value: view };
  picture = drawn;
});
afterAll(() => front[Symbol.asyncDispose]());

it('gives the picture to whoever may look, and to no store', async () => {
  const answer = await ask(front, { path, headers: { cookie: 'sallyport.session=x' } });
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)).toEqual(drawn);
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(asked).toEqual([{ cookieHeader: 'sallyport.session=x', sessionId }]);
  expect(looked).toEqual([view]);
});

it.each([
  ['not_signed_in', 401],
  ['not_watchable', 403],
  ['not_found', 404],
  ['not_running', 410],
] as const)('looks at nobody for somebody who is refused: %s', async (code, status) => {
  right = refuse(code);
  const answer = await ask(front, { path });
  expect([answer.status, JSON.parse(answer.body).error.code]).toEqual([status, code]);
  expect(looked).toEqual([]);
});

it('says so when there is no picture', async () => {
  picture = undefined;
  expect((await ask(front, { path })).status).toBe(503);
});

it.each(['cross-site', 'same-site'])('does nothing for a page that is %s', async (site) => {
  const answer = await ask(front, { path, headers: { 'sec-fetch-site': site } });
  expect(answer.status).toBe(403);
  expect([asked, looked]).toEqual([[], []]);
});

it.each([
  '/api/live/',
  '/api/live/x/picture',
  `/api/live/${sessionId}`,
  `/api/live/${sessionId}/picture/`,
  `/api/live/${sessionId.toUpperCase().replace('A', 'G')}/picture`,
])('finds nothing at %s', async (other) => {
  expect((await ask(front, { path: other })).status).toBe(404);
  expect(asked).toEqual([]);
});
