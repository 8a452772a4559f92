import { type Refusal, refuse } from '../errors.ts';

export function credentialNameTaken(name: string): Refusal {
  return refuse('conflict', {
    field: 'name',
    problem: `A shared credential called "${name}" exists already. Choose another name, or change that one.`,
  });
}

export function personalNameTaken(name: string): Refusal {
  return refuse('conflict', {
    field: 'name',
    problem: `You have a credential called "${name}" already. Choose another name, or change that one.`,
  });
}

export function credentialInUse(computers: readonly string[]): Refusal {
  const names = computers.map((name) => `"${name}"`).join(', ');
  return refuse('conflict', {
    problem: `This credential is used by ${names}. Choose another credential there first, then delete this one.`,
  });
}

export function wrongField(field: string, problem: string): Refusal {
  return refuse('invalid_input', { field, problem });
}
