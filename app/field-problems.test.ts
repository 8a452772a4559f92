// Contract: what zod finds wrong is told beside its field, first problem first; what belongs to no field is told above.

import { expect, it } from 'vitest';
import { z } from 'zod';
import { fieldProblems } from './field-problems.ts';

const schema = z
  .object({
    name: z
      .string()
      .min(3, 'Too short.')
      .regex(/^[a-z]*$/, 'Only letters.'),
    port: z.int('A number.'),
    limits: z.object({ rows: z.number('Rows.') }),
  })
  .refine(() => true);

function problemsOf(input: unknown, of: z.ZodType = schema) {
  const parsed = of.safeParse(input);
  if (parsed.success) throw new Error('The input was meant to be wrong.');
  return fieldProblems(parsed.error);
}

it('names each field once, with its first problem', () => {
  expect(problemsOf({ name: '1', port: 'x', limits: {} })).toEqual({
    ok: false,
    code: 'invalid_input',
    message: 'Please check the marked fields.',
    fields: { name: 'Too short.', port: 'A number.', 'limits.rows': 'Rows.' },
  });
});

it('tells what is about the whole above the form', () => {
  expect(problemsOf('not an object', z.object({}, 'Send a form.'))).toEqual({
    ok: false,
    code: 'invalid_input',
    message: 'Send a form.',
    fields: undefined,
  });
});

it('does not repeat what was sent', () => {
  expect(JSON.stringify(problemsOf({ name: 'S3CRET', port: 'S3CRET', limits: { rows: 'S3CRET' } }))).not.toContain(
    'S3CRET',
  );
});
