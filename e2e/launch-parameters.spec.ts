/**
 * What is sent to `/start` is judged before anybody is asked who they are. What is missing or malformed is told in one of
 * two sentences and leaves nothing; what is unusual and right leads to a page of its own; a flood has to wait.
 */
import { launchFields } from '../server/launch/launch-parameters.ts';
import { expect, type House, test } from './test.ts';
import { madeUpForm } from './testbed/launch-forms.ts';
import { plainRequest, postForm } from './testbed/plain-request.ts';

const missing = 'Missing request parameters.';
const invalid = 'Invalid request parameters.';
const refusedRequest = /Failed to load resource: the server responded with a status of (400|401)/;

type Field = [name: string, value: string];

/** Posts a launch as a browser would; answers what a person reads, and where they are led. */
async function start({ stack }: House, fields: Field[], origin = 'https://shop.example') {
  const { status, text, headers } = await postForm(stack.port, '/start', fields, { headers: { origin } });
  return { status, says: /<p role="status">([^<]*)/.exec(text)?.[1], to: headers.location };
}

async function launchesFrom({ admin }: House, origin: string): Promise<number> {
  const rows = await admin.ctx.connection.sql`select 1 from launches where origin = ${origin}`;
  return rows.length;
}

function changed(form: Record<string, string>, name: string, value: string | undefined): Field[] {
  return Object.entries({ ...form, [name]: value }).filter((field): field is Field => field[1] !== undefined);
}

const gone: [string, string | undefined][] = [
  ['left out', undefined],
  ['null', 'null'],
  ['undefined', 'undefined'],
  ['empty', ''],
  ['blank', '  '],
  ['NULL', 'NULL'],
];

test('each parameter that is missing, in every way a thing can be missing', async ({ house }) => {
  const origin = 'https://missing.example';
  const form = madeUpForm(house.stack.baseUrl);
  for (const name of launchFields) {
    for (const [how, value] of gone) {
      const answer = await start(house, changed(form, name, value), origin);
      expect(answer, `${name} ${how}`).toEqual({ status: 400, says: missing, to: undefined });
    }
  }
  expect(await start(house, [], origin)).toMatchObject({ status: 400, says: missing });
  const alsoInvalid = changed({ ...form, Mode: 'VNC' }, 'ApiKey', undefined);
  expect(await start(house, alsoInvalid, origin)).toMatchObject({ says: missing });
  expect(await launchesFrom(house, origin)).toBe(0);
});

const guid = ['x', '0190b6a0-0000-7000-8000', '0190b6a0-0000-7000-8000-00000000000g', "' or 1=1 --"];
const whole = ['0', '-1', '8193', '1.5', '1e3', ' 12', '12 ', '0x10', '٣', 'NaN', '99999999999999999999'];
const malformed: Record<string, string[]> = {
  ComputerID: ['x', '0', '-1', '1.5', '9007199254740993', '1;drop table computers'],
  IsPersonalCred: ['yes', '1', 'truefalse', 'true '],
  LoginSessionID: guid,
  CredentialID: guid,
  ApiApplicationKey: guid,
  ExternalCredentialCheckOutID: ['with space', 'a\u0000b', 'ü', 'x'.repeat(5000)],
  ApiKey: ['with space', 'line\r\nbreak: yes', 'ü', 'x'.repeat(5000)],
  ApiUrl: [
    'https://evil.example',
    'http://localhost',
    'http://localhost:1',
    'javascript:alert(1)',
    '//localhost',
    'http://127.0.0.1:22',
    'http://169.254.169.254',
  ],
  Mode: ['VNC', 'ssh', 'SSH ', 'toString', '__proto__'],
  GUAC_WIDTH: whole,
  GUAC_HEIGHT: whole,
  GUAC_DPI: whole,
  PSM_Connection_Delay: ['-1', '601', 'soon', '1.5'],
};

test('each parameter that is malformed', async ({ house }) => {
  const origin = 'https://malformed.example';
  const { baseUrl } = house.stack;
  const form = madeUpForm(baseUrl);
  const nearOurs = ['/x', '?x', '#x', '@evil.example', '.evil.example', '0', ' '].map((end) => baseUrl + end);
  const all = { ...malformed, ApiUrl: [...(malformed.ApiUrl ?? []), ...nearOurs] };
  for (const [name, values] of Object.entries(all)) {
    for (const value of values) {
      const answer = await start(house, changed(form, name, value), origin);
      expect(answer, `${name} ${JSON.stringify(value.slice(0, 60))}`).toMatchObject({ status: 400, says: invalid });
    }
  }
  for (const name of [...launchFields, 'PSM_Connection_Delay']) {
    const twice: Field[] = [...changed({ ...form, PSM_Connection_Delay: '1' }, '', undefined), [name, '1']];
    expect(await start(house, twice, origin), `${name} twice`).toMatchObject({ status: 400, says: invalid });
  }
  expect(await launchesFrom(house, origin)).toBe(0);
});

test('what is unusual and right passes, and leads to a page of its own', async ({ house }) => {
  const origin = 'https://unusual.example';
  const form = madeUpForm(house.stack.baseUrl);
  const fine: Record<string, string>[] = [
    { GUAC_WIDTH: '1', GUAC_HEIGHT: '8192', GUAC_DPI: '8192' },
    { LoginSessionID: `{${form.LoginSessionID?.toUpperCase()}}` },
    { IsPersonalCred: 'True' },
    { ComputerID: '9007199254740991' },
    { Mode: 'RDP' },
    { Mode: 'Telnet' },
    { PSM_Connection_Delay: '600' },
    { PSM_Connection_Delay: '' },
    { ApiUrl: `${house.stack.baseUrl}/` },
    { SomethingElse: 'that a shop adds' },
  ];
  for (const change of fine) {
    const answer = await start(house, Object.entries({ ...form, ...change }), origin);
    expect(answer, JSON.stringify(change)).toMatchObject({
      status: 303,
      to: expect.stringMatching(/^\/start\/[\w-]{36}$/),
    });
  }
  // They name no sign-in that ever was, so nothing of them is kept.
  expect(await launchesFrom(house, origin)).toBe(0);
});

test('anything but one small form is refused as such', async ({ house }) => {
  const { port, baseUrl } = house.stack;
  const form = Object.entries(madeUpForm(baseUrl));
  const json = { headers: { 'content-type': 'application/json' } };
  expect((await postForm(port, '/start', form, json)).status).toBe(400);
  const tooLong = [...form, ['Notes', 'x'.repeat(17_000)] satisfies Field] as Field[];
  expect((await postForm(port, '/start', tooLong)).status).toBe(413);
  const inQuery = `/start?${new URLSearchParams(form)}`;
  expect((await plainRequest(port, { path: inQuery })).status).toBe(401);
  for (const method of ['PUT', 'DELETE', 'PATCH']) {
    const { status } = await plainRequest(port, { method, path: '/start' });
    expect([400, 403], method).toContain(status);
  }
});

test('a person who is not signed in reads the two sentences, on a page that says where to go', async ({
  house,
  newBrowser,
  foreign,
  watch,
}) => {
  watch.allow(refusedRequest);
  const { baseUrl } = house.stack;
  const page = await (await newBrowser(baseUrl)).newPage();
  const form = madeUpForm(baseUrl);
  for (const [change, sentence] of [
    [{ CredentialID: 'undefined' }, missing],
    [{ CredentialID: '2331' }, invalid],
  ] as const) {
    await foreign.send(page, { action: `${baseUrl}/start`, fields: { ...form, ...change } });
    await expect(page.getByRole('status')).toHaveText(sentence);
    await expect(page.getByRole('link', { name: 'Go to the start page' })).toBeVisible();
    await expect(page.getByLabel('Email')).toHaveCount(0);
  }
});

test('a flood from one address has to wait, and nobody else has', async ({ house }) => {
  const { port, baseUrl } = house.stack;
  const from = '127.250.0.1';
  const form = Object.entries(madeUpForm(baseUrl));
  const statuses = new Set<number>();
  for (let n = 0; n < 70; n += 1) statuses.add((await postForm(port, '/start', form, { from })).status);
  expect([...statuses].sort()).toEqual([303, 429]);
  const last = await postForm(port, '/start', form, { from });
  expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
  expect((await postForm(port, '/start', form)).status).toBe(303);
});
