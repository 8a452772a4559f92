import { once } from 'node:events';
import { createServer as createPlain } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { callerIdentity } from './caller-identity.ts';
import { createDialer } from './dial.ts';
import { record, standInAws } from './testing/running-proxy.ts';

/* Whether keys are good is asked of AWS itself, by the way that calls take; the answer is the account's, or a code. */

const running: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
});

const dialer = () => {
  const made = createDialer({
    rules: () => ({ allowTargets: ['aws.test'], ownPorts: [] }),
    resolve: async (host) => [{ address: host === 'aws.test' ? '127.0.0.1' : '10.0.0.1', family: 4 }],
  });
  running.push({ stop: () => made.close() });
  return made;
};
const tools = () => ({ dialer: dialer(), now: () => new Date(), signal: AbortSignal.timeout(5_000) });

async function answered(status: number, body: string) {
  const asked: { authorization: string | undefined; host: string | undefined; body: string }[] = [];
  const aws = await standInAws(async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    asked.push({ authorization: request.headers.authorization, host: request.headers.host, body: text });
    response.writeHead(status).end(body);
  });
  running.push(aws);
  const endpoint = { url: aws.url, caPem: aws.caPem, host: 'kept' as const };
  return { identity: await callerIdentity({ key: record, partition: 'aws', endpoint }, tools()), asked };
}

test('keys that are good are told by account and name', async () => {
  const { identity, asked } = await answered(
    200,
    `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ci</Arn>
     <UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
  );
  expect(identity).toEqual({ ok: true, account: '123456789012', arn: 'arn:aws:iam::123456789012:user/ci' });
  expect(asked).toMatchObject([
    { host: 'sts.us-east-1.amazonaws.com', body: expect.stringContaining('GetCallerIdentity') },
  ]);
  expect(asked[0]?.authorization).toContain('Credential=AKIARECORD/');
});

test.each([
  ['<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>', 'InvalidClientTokenId'],
  ['<ErrorResponse><Error><Code>&lt;b&gt; not a code</Code></Error></ErrorResponse>', 'unreadable'],
  ['<html>a page</html>', 'unreadable'],
  ['not xml', 'unreadable'],
  ['x'.repeat(100_000), 'unreadable'],
])('what AWS says otherwise is a code', async (body, problem) => {
  expect((await answered(403, body)).identity).toEqual({ ok: false, problem });
});

test('a way that is closed is told as such', async () => {
  expect(await callerIdentity({ key: record, partition: 'aws' }, tools())).toEqual({
    ok: false,
    problem: 'private_address',
  });
  expect(await callerIdentity({ key: record, partition: 'moon' }, tools())).toEqual({
    ok: false,
    problem: 'unknown_partition',
  });
});

test('whoever never answers is not waited for', async () => {
  const silent = createPlain(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  running.push({ stop: () => silent.close() });
  const address = silent.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const endpoint = { url: `https://aws.test:${port}`, host: 'kept' as const };
  const keys = { key: record, partition: 'aws', endpoint };
  const identity = await callerIdentity(keys, { ...tools(), signal: AbortSignal.timeout(100) });
  expect(identity).toEqual({ ok: false, problem: 'unreachable' });
});
