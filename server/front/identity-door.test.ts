// Contract: whoever calls the identity API on the public port too often waits, whatever they send and however they spell
// the address, before anything behind the door has work with them. Nothing else at this port waits with them.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { identityPaths } from '../identity-api/contract.ts';
import { createIdentityDoor } from './identity-door.ts';
import { publicOriginOf } from './public-origin.ts';
import { ask, type RunningFront, runFront } from './testing/running-front.ts';

const ours = publicOriginOf('http://gateway.test');
let front: RunningFront;
let passed: string[] = [];

beforeAll(async () => {
  front = await runFront({
    trustProxy: ['127.0.0.1/32'],
    identityDoor: createIdentityDoor(ours, { perMinute: 3 }),
    exemptions: [({ method }) => method === 'POST'],
    portal: (request, response) => {
      passed.push(request.url ?? '');
      response.writeHead(401).end('portal');
    },
  });
});
beforeEach(() => {
  passed = [];
});
afterAll(() => front[Symbol.asyncDispose]());

const from = (address: string) => ({ 'x-forwarded-for': address, authorization: 'Bearer made-up' });
const call = (path: string, address: string) =>
  ask(front, { method: 'POST', path, headers: from(address), body: '{}' });

it('turns away the fourth call of a minute, in the words of the contract', async () => {
  const { getcredential, endsession } = identityPaths;
  for (const path of [getcredential, endsession, getcredential]) {
    expect((await call(path, '192.0.2.1')).status).toBe(401);
  }
  const answer = await call(getcredential, '192.0.2.1');
  expect(answer.status).toBe(429);
  expect(JSON.parse(answer.body)).toEqual({ error: 'limited', message: expect.stringMatching(/wait \d+ s/) });
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(passed).toHaveLength(3);
});

it('knows the address however it is written', async () => {
  const spellings = [
    '/api/services/v1/secureaccessgateway/getcredentia%6c',
    '/api/services/v1/secureaccess%67ateway/getcredential',
    '/api/services/v1/SecureAccessGateway/getcredential/',
    '/api/services/v1/./secureaccessgateway/../secureaccessgateway/getcredential?x',
  ];
  const statuses = [];
  for (const path of spellings) statuses.push((await call(path, '192.0.2.2')).status);
  expect(statuses).toEqual([401, 401, 401, 429]);
});

it('keeps nobody else waiting, and nobody from anything else', async () => {
  for (let n = 0; n < 5; n += 1) await call(identityPaths.getcredential, '192.0.2.3');
  expect((await call(identityPaths.getcredential, '192.0.2.3')).status).toBe(429);
  expect((await call(identityPaths.getcredential, '192.0.2.4')).status).toBe(401);
  expect((await ask(front, { path: '/sign-in', headers: from('192.0.2.3') })).body).toBe('portal');
});
