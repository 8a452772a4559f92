// Contract: a form of a credential says one of two things about its secret, never both; typed fields keep the names that
// refusals use; and what is not in the form is empty, not the word "null".

import { describe, expect, it } from 'vitest';
import { credentialOf, fieldName, type RecordField } from './record-values.ts';

const fields: RecordField[] = [
  { name: 'Owner', label: 'Owner', type: 'text', isRequired: true },
  { name: 'Expires', label: 'Expires', type: 'date', isRequired: false },
];

function formOf(entries: Record<string, string>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(entries)) data.set(name, value);
  return data;
}

const names = { name: 'web', description: 'of the web servers', username: 'root' };

describe('a password', () => {
  it('of its own is sent with the values of the fields', () => {
    const data = formOf({ ...names, password: 's3cret', 'fields.Owner': 'Ada', 'fields.Expires': '2027-01-31' });
    expect(credentialOf(data, { kind: 'password', fields, source: 'own' })).toEqual({
      ...names,
      fields: { Owner: 'Ada', Expires: '2027-01-31' },
      referenceId: null,
      password: 's3cret',
    });
  });

  it('of another record leaves out what was typed as its own', () => {
    const data = formOf({ ...names, password: 'typed before', referenceId: 'the-other' });
    const sent = credentialOf(data, { kind: 'password', fields: [], source: 'reference' });
    expect(sent).toEqual({ ...names, fields: {}, referenceId: 'the-other' });
    expect(JSON.stringify(sent)).not.toContain('typed before');
  });
});

it('a key goes with its passphrase, and without a password', () => {
  const data = formOf({ ...names, privateKey: 'KEY', passphrase: 'p', password: 'not of a key' });
  expect(credentialOf(data, { kind: 'ssh_key', fields: [], source: 'own' })).toEqual({
    ...names,
    fields: {},
    referenceId: null,
    privateKey: 'KEY',
    passphrase: 'p',
  });
});

it('what is missing is empty', () => {
  expect(credentialOf(new FormData(), { kind: 'password', fields, source: 'own' })).toEqual({
    name: '',
    description: '',
    username: '',
    fields: { Owner: '', Expires: '' },
    referenceId: null,
    password: '',
  });
});

it('fields are called in the form as refusals call them', () => {
  expect(fieldName('Owner')).toBe('fields.Owner');
});
