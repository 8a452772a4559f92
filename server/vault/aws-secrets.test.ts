import { describe, expect, it } from 'vitest';
import { testKeyring } from '../../db/testing/context.ts';
import { type ApiTokenId, type CredentialId, newId } from '../ids.ts';
import { openAwsKeys, sealAwsKeys } from './aws-keys.ts';
import { sealCredential } from './credential-secret.ts';
import { openTokenSecret, sealTokenSecret } from './token-secret.ts';

// The keys of a record and the secret of a token open for that record and that token alone: rows of the database that
// somebody swapped give nothing, and a secret of another kind is never taken for keys.
const keyring = testKeyring();
const keys = { secretAccessKey: 'wJalr/Ünusual+Key', sessionToken: 'FwoG' };

describe('the keys of an AWS record', () => {
  it('come back as they were sealed, with and without a session token', () => {
    const id = newId<CredentialId>();
    expect(openAwsKeys(keyring, id, sealAwsKeys(keyring, id, keys))).toEqual({ ok: true, keys });
    const lasting = { secretAccessKey: 'one' };
    expect(openAwsKeys(keyring, id, sealAwsKeys(keyring, id, lasting))).toEqual({ ok: true, keys: lasting });
  });

  it('do not open for another record, nor with another keyring', () => {
    const id = newId<CredentialId>();
    const sealed = sealAwsKeys(keyring, id, keys);
    expect(openAwsKeys(keyring, newId<CredentialId>(), sealed)).toEqual({ ok: false, why: 'altered' });
    expect(openAwsKeys({ ...testKeyring(), system: { ...keyring.system, id: 'other' } }, id, sealed)).toEqual({
      ok: false,
      why: 'not_for_us',
    });
  });

  it('are not made of a password', () => {
    const id = newId<CredentialId>();
    const sealed = sealCredential(keyring, id, { type: 'password', password: 'p' });
    expect(openAwsKeys(keyring, id, sealed)).toEqual({ ok: false, why: 'altered' });
  });

  it('are not sealed empty', () => {
    expect(() => sealAwsKeys(keyring, newId<CredentialId>(), { secretAccessKey: '' })).toThrow();
  });
});

describe('the secret of a token', () => {
  it('opens for this token alone', () => {
    const id = newId<ApiTokenId>();
    const sealed = sealTokenSecret(keyring, id, 'sp_Abc123');
    expect(openTokenSecret(keyring, id, sealed)).toEqual({ ok: true, secret: 'sp_Abc123' });
    expect(openTokenSecret(keyring, newId<ApiTokenId>(), sealed)).toEqual({ ok: false, why: 'altered' });
  });
});
