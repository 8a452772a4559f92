// Contract: what was chosen at Connect is what the server is asked for, also when the terms are read in between; an address
// that somebody made up chooses nothing by itself.
import { describe, expect, it } from 'vitest';
import {
  type AdvancedClaims,
  type ConnectClaims,
  claimsFromAddress,
  connectInput,
  termsPath,
} from './connect-claims.ts';

const plain: ConnectClaims = { personId: 'p', policyId: 'pol', computerGuid: 'c' };
const advanced = (given: Partial<AdvancedClaims> = {}): ConnectClaims => ({
  ...plain,
  advanced: { credentialId: 'cred', ...given },
});
const back = (claims: ConnectClaims) => {
  const { pathname, searchParams } = new URL(termsPath(claims), 'http://localhost');
  return { pathname, claims: claimsFromAddress(Object.fromEntries(searchParams), 'p') };
};

describe('the claims of Connect', () => {
  it('say nothing of what nobody chose', () => {
    expect(connectInput(plain)).toEqual({
      targetPersonGuid: 'p',
      accessRequestPolicyId: 'pol',
      targetComputerGuid: 'c',
      isAdvanceMode: false,
    });
  });

  it('carry what was chosen in Advanced Mode', () => {
    const start = '2026-03-01T12:00:00.000Z';
    const chosen = { accessLevelId: null, checkOutStartDate: start, delaySeconds: '30' };
    expect(connectInput(advanced(chosen))).toEqual({
      ...connectInput(plain),
      isAdvanceMode: true,
      accessLevelId: null,
      externalCredentialGuid: 'cred',
      checkOutStartDate: start,
      checkOutEndDate: null,
      connectionDelaySeconds: '30',
    });
    expect(connectInput(advanced())).not.toHaveProperty('accessLevelId');
  });

  it.each([
    ['plain', plain],
    ['a credential', advanced()],
    ['the standard level', advanced({ accessLevelId: null })],
    ['another level', advanced({ accessLevelId: 'lvl' })],
    ['times and a delay', advanced({ checkOutStartDate: 's+1', checkOutEndDate: 'e&f', delaySeconds: 600 })],
  ])('are the same after the terms: %s', (_, claims) => {
    const returned = back(claims);
    expect(returned.pathname).toBe('/start/terms');
    const input = (of: ConnectClaims) => {
      const said = connectInput(of);
      return 'connectionDelaySeconds' in said
        ? { ...said, connectionDelaySeconds: String(said.connectionDelaySeconds) }
        : said;
    };
    expect(returned.claims && input(returned.claims)).toEqual(input(claims));
  });

  it.each([
    ['nothing', {}],
    ['no policy', { computer: 'c' }],
    ['no computer', { policy: 'pol', credential: 'cred' }],
    ['two computers', { computer: ['a', 'b'], policy: 'pol' }],
  ])('are none when an address names %s', (_, params) => {
    expect(claimsFromAddress(params, 'p')).toBeUndefined();
  });

  it('take the person from who is asking, never from the address', () => {
    expect(claimsFromAddress({ computer: 'c', policy: 'pol', personId: 'q' }, 'p')).toEqual(plain);
  });
});
