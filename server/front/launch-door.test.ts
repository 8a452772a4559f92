// Contract: a launch is taken from any origin, as a form of at most 16 KiB, so many a minute from one address, and answered
// with a redirect to its page. In a query string it is taken only where somebody said so. Everything else that a foreign
// page sends stays outside.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refuse } from '../errors.ts';
import { createLaunchDoor, isLaunch } from './launch-door.ts';
import { publicOriginOf } from './public-origin.ts';
import { ask, type RunningFront, runFront } from './testing/running-front.ts';

const ours = publicOriginOf('http://gateway.test');
const foreign = { origin: 'https://shop.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const fronts: RunningFront[] = [];
let taken: { params: string; origin: string | undefined }[] = [];

async function frontWith(given: { allowQuery?: boolean; perMinute?: number }): Promise<RunningFront> {
  const launch = createLaunchDoor({
    ours,
    allowQuery: false,
    perMinute: 1000,
    ...given,
    async receive(params, origin) {
      taken.push({ params: params.toString(), origin });
      return params.has('bad') ? refuse('missing_parameters') : { ok: true, value: { launchId: 'launch-1' } };
    },
  });
  const front = await runFront({
    launch,
    exemptions: [isLaunch],
    portal: (_request, response) => response.end('portal'),
  });
  fronts.push(front);
  return front;
}

let front: RunningFront;
beforeAll(async () => {
  front = await frontWith({});
});
afterAll(() => Promise.all(fronts.map((each) => each[Symbol.asyncDispose]())));

const post = (body: string, headers: Record<string, string> = form, at = front) =>
  ask(at, { method: 'POST', path: '/start', headers: { ...foreign, ...headers }, body });

describe('a launch', () => {
  it('from a foreign page leads to its own page by GET, and its origin is kept', async () => {
    taken = [];
    const answer = await post('ComputerID=1&Mode=SSH');
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/start/launch-1');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(taken).toEqual([{ params: 'ComputerID=1&Mode=SSH', origin: 'https://shop.example' }]);
  });

  it('that is refused is answered with a page that says the sentence', async () => {
    const answer = await post('bad=1');
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.body).toContain('Missing request parameters.');
  });

  it('that is larger than 16 KiB is not read to its end', async () => {
    taken = [];
    expect((await post(`a=${'x'.repeat(17_000)}`)).status).toBe(413);
    const chunked = { ...form, 'transfer-encoding': 'chunked' };
    expect((await post(`a=${'x'.repeat(17_000)}`, chunked)).status).toBe(413);
    expect(taken).toEqual([]);
  });

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x', ''])('as %j is none', async (type) => {
    taken = [];
    expect((await post('{}', type ? { 'content-type': type } : {})).status).toBe(400);
    expect(taken).toEqual([]);
  });

  it('in a query string is none, unless somebody allows it', async () => {
    taken = [];
    expect((await ask(front, { path: '/start?ComputerID=1' })).status).toBe(401);
    expect(taken).toEqual([]);
    const old = await frontWith({ allowQuery: true });
    expect((await ask(old, { path: '/start?ComputerID=1' })).status).toBe(303);
    expect(taken).toMatchObject([{ params: 'ComputerID=1' }]);
  });

  it('too many a minute are told to wait', async () => {
    const slow = await frontWith({ perMinute: 2 });
    const answers = [await post('a=1', form, slow), await post('a=1', form, slow), await post('a=1', form, slow)];
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 429]);
    expect(Number(answers[2]?.headers['retry-after'])).toBeGreaterThan(0);
  });
});

it('opens no other door to foreign pages', async () => {
  for (const path of ['/start/launch-1', '/', '/start/', '/start%2f', '/api/auth/signout']) {
    const answer = await ask(front, { method: 'POST', path, headers: { ...foreign, ...form }, body: 'a=1' });
    expect(answer.status, path).toBe(403);
  }
});
