import type { FieldType, RecordKind } from '#server/protocol/session-words.ts';

export const kindLabels: Record<RecordKind, string> = {
  password: 'Password',
  ssh_key: 'SSH private key',
  aws_access_key: 'AWS access key',
};

export const fieldTypeLabels: Record<FieldType, string> = {
  text: 'Text',
  number: 'Number',
  boolean: 'Yes or no',
  date: 'Date',
  url: 'Web address',
};

export const kindChoices = choicesOf(kindLabels);
export const fieldTypeChoices = choicesOf(fieldTypeLabels);

function choicesOf(labels: Record<string, string>): { value: string; label: string }[] {
  return Object.entries(labels).map(([value, label]) => ({ value, label }));
}
