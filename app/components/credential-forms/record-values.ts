import type { FieldType, RecordKind } from '#server/protocol/session-words.ts';

/** A field that a record type adds. */
export type RecordField = { name: string; label: string; type: FieldType; isRequired: boolean };

/** A record type with its fields, as the forms of credentials need it. */
export type RecordForm = {
  recordTypeId: string;
  name: string;
  kind: RecordKind;
  disabledAt: Date | null;
  fields: readonly RecordField[];
};

/** A credential as its forms show it. */
export type EditableCredential = {
  credentialId: string;
  name: string;
  description: string;
  type: RecordKind;
  recordTypeId: string;
  fields: Readonly<Record<string, string | number | boolean>>;
  username: string;
  reference: { credentialId: string; name: string } | null;
} & Partial<Waiting>;

/** Where the secret of a shared credential waits: at how many addresses, some of them, and since when the last of them. */
export type Waiting = { suspended: number; waitsAt: readonly string[]; waitingSince: Date | null };

/** Where the secret of a credential comes from. */
export type SecretSource = 'own' | 'reference';

type Texts = { name: string; description: string; username: string; fields: Record<string, string> };
type Key = { privateKey: string; passphrase: string };
type Secret = { referenceId: string | null } & Partial<Key & { password: string }>;

export type NewCredential = { recordTypeId: string } & Texts & Secret & ({ type: 'password' } | { type: 'ssh_key' });
export type ChangedCredential = { credentialId: string; waitingSince?: Date } & Texts & Secret;

/** What a form of a credential holds; `source` says whether a secret or a reference record was entered. */
export function credentialOf(
  data: FormData,
  { kind, fields, source }: { kind: RecordKind; fields: readonly RecordField[]; source: SecretSource },
): Texts & Secret {
  const text = (name: string) => String(data.get(name) ?? '');
  const texts = {
    name: text('name'),
    description: text('description'),
    username: text('username'),
    fields: Object.fromEntries(fields.map(({ name }) => [name, text(fieldName(name))])),
  };
  if (source === 'reference') return { ...texts, referenceId: text('referenceId') };
  if (kind === 'password') return { ...texts, referenceId: null, password: text('password') };
  return { ...texts, referenceId: null, privateKey: text('privateKey'), passphrase: text('passphrase') };
}

/** How a field of a record type is called in a form, and in a refusal. */
export function fieldName(name: string): string {
  return `fields.${name}`;
}
