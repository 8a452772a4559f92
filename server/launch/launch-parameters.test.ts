// Contract: each parameter that a launch lacks, and each that is not what it must be, is answered with one of two
// sentences, missing before invalid, before anybody is asked who they are.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { launchFields, parseLaunch } from './launch-parameters.ts';

const apiUrl = 'https://api.example.com';
const good = {
  ComputerID: '2331',
  IsPersonalCred: 'true',
  ExternalCredentialCheckOutID: '4711',
  LoginSessionID: '0B7B0F0E-6D38-4B8C-9D8F-0F3F8F2D0C11',
  ApiUrl: apiUrl,
  Mode: 'RDP',
  ApiKey: 'eyJhbGciOi.x-y_z',
  CredentialID: '0b7b0f0e-6d38-4b8c-9d8f-0f3f8f2d0c12',
  ApiApplicationKey: '{0b7b0f0e-6d38-4b8c-9d8f-0f3f8f2d0c13}',
  GUAC_WIDTH: '1280',
  GUAC_HEIGHT: '8192',
  GUAC_DPI: '1',
};

function problemOf(change: Record<string, string | undefined>): string {
  const fields = Object.entries({ ...good, ...change }).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  const parsed = parseLaunch(new URLSearchParams(fields), ['http://localhost:3000', apiUrl]);
  return parsed.ok ? 'fine' : parsed.problem;
}

it('takes a launch apart, with GUIDs in the one spelling that we compare', () => {
  expect(parseLaunch(new URLSearchParams(good), [apiUrl])).toEqual({
    ok: true,
    launch: {
      claims: {
        computerId: 2331,
        isPersonalCred: true,
        checkOutId: '4711',
        loginSessionId: good.LoginSessionID.toLowerCase(),
        apiUrl,
        mode: 'RDP',
        credentialId: good.CredentialID,
        width: 1280,
        height: 8192,
        dpi: 1,
        delaySeconds: 0,
      },
      apiKey: good.ApiKey,
      apiApplicationKey: '0b7b0f0e-6d38-4b8c-9d8f-0f3f8f2d0c13',
    },
  });
});

describe.each(launchFields)('%s', (field) => {
  it.each([undefined, '', ' ', 'null', 'undefined', 'NULL'])('%j is missing', (value) => {
    expect(problemOf({ [field]: value })).toBe('missing_parameters');
  });

  it('twice is invalid', () => {
    const params = new URLSearchParams(good);
    params.append(field, good[field]);
    expect(parseLaunch(params, [apiUrl])).toMatchObject({ problem: 'invalid_parameters' });
  });
});

it('says that something is missing before it says that something is wrong', () => {
  expect(problemOf({ Mode: 'X', ApiKey: undefined })).toBe('missing_parameters');
});

it.each([
  ['ComputerID', ['x', '1.5', '-1', '0', '1e3', '0x1', '99999999999999999999', '1 ', '٣']],
  ['IsPersonalCred', ['yes', '1', 'tru', 'truefalse']],
  ['LoginSessionID', ['x', '0b7b0f0e6d384b8c9d8f0f3f8f2d0c11', '0b7b0f0e-6d38-4b8c-9d8f-0f3f8f2d0c1g', "' or 1=1"]],
  ['CredentialID', ['1', '0b7b0f0e-6d38-4b8c-9d8f-0f3f8f2d0c1']],
  ['ApiApplicationKey', ['secret', '{0b7b0f0e-6d38-4b8c-9d8f-0f3f8f2d0c13']],
  ['Mode', ['rdp', 'VNC', 'ssh ', '__proto__']],
  ['GUAC_WIDTH', ['0', '8193', '-5', '12px', '1.0']],
  ['GUAC_HEIGHT', ['0', '8193', 'NaN']],
  ['GUAC_DPI', ['0', '99999', 'Infinity']],
  ['ApiKey', ['two words', 'line\r\nfeed', 'ümlaut', 'x'.repeat(5000)]],
  ['ExternalCredentialCheckOutID', ['a b', '\u0000']],
  ['PSM_Connection_Delay', ['601', '-1', 'soon', '1.5']],
  [
    'ApiUrl',
    [
      'https://evil.example',
      'http://api.example.com',
      'https://api.example.com.evil.example',
      'https://api.example.com/path',
      'https://api.example.com@evil.example',
      'https://api.example.com:8443',
      'http://169.254.169.254',
      'http://127.0.0.1:3000',
      'javascript:alert(1)',
    ],
  ],
] as const)('%s is invalid as any of %j', (field, values) => {
  for (const value of values) expect(problemOf({ [field]: value }), value).toBe('invalid_parameters');
});

it.each([
  { IsPersonalCred: 'False' },
  { ApiUrl: `${apiUrl}/` },
  { ApiUrl: 'http://localhost:3000' },
  { PSM_Connection_Delay: '600' },
  { PSM_Connection_Delay: '' },
  { Unknown: 'parameter' },
])('%j is fine', (change) => {
  expect(problemOf(change)).toBe('fine');
});

it('has an answer to whatever is sent', () => {
  fc.assert(
    fc.property(fc.constantFrom(...launchFields), fc.string({ unit: 'binary' }), (field, value) => {
      expect(['fine', 'missing_parameters', 'invalid_parameters']).toContain(problemOf({ [field]: value }));
    }),
  );
});
