// Contract: a refusal of a use case reaches the page as one sentence, beside its field where it names one. Parameters that
// are not meant for people stay behind.

import { expect, it } from 'vitest';
import { refuse } from '../server/errors.ts';
import { inWords } from './in-words.ts';

it('says the sentence of the code, with its parameters', () => {
  expect(inWords(refuse('too_many_attempts', { seconds: 8 }))).toEqual({
    ok: false,
    code: 'too_many_attempts',
    message: 'Too many attempts. Please wait 8 s and try again.',
    fields: undefined,
  });
});

it('puts it beside the field that is wrong', () => {
  const refusal = refuse('conflict', { field: 'name', problem: 'Choose another name.' });
  expect(inWords(refusal)).toMatchObject({ message: 'Choose another name.', fields: { name: 'Choose another name.' } });
});

it('passes on no other parameter', () => {
  expect(JSON.stringify(inWords(refuse('forbidden', { internal: 'db-7' })))).not.toContain('db-7');
});
