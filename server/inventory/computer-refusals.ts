import { type Refusal, refuse } from '../errors.ts';

export function computerNameTaken(name: string): Refusal {
  return refuse('conflict', {
    field: 'name',
    problem: `A computer called "${name}" exists already. Choose another name.`,
  });
}

export const credentialGone: Refusal = refuse('conflict', {
  field: 'sharedCredentialId',
  problem: 'This shared credential was deleted. Choose another one.',
});
