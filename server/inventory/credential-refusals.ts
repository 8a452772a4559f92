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

/** Some of these, by name, and how many they are in all. */
export type NamedUsers = { names: readonly string[]; count: number };

export function credentialInUse(computers: NamedUsers): Refusal {
  return refuse('conflict', {
    problem: `This credential is used by ${listed(computers)}. Choose another credential there first, then delete this one.`,
  });
}

/** A record that others refer to stays, and has a secret of its own. */
export function credentialReferredTo(records: NamedUsers, field?: string): Refusal {
  const problem = `Its secret is used by ${listed(records)}. Choose another reference record there first.`;
  return refuse('conflict', field ? { field, problem } : { problem });
}

function listed({ names, count }: NamedUsers): string {
  const quoted = names.map((name) => `"${name}"`).join(', ');
  return count > names.length ? `${quoted} and ${count - names.length} more` : quoted;
}

export function wrongField(field: string, problem: string): Refusal {
  return refuse('invalid_input', { field, problem });
}
