'use client';

import { Combobox } from '#app/components/ui/combobox.tsx';
import { Select } from '#app/components/ui/select.tsx';
import { PasswordField, TextArea } from '#app/components/ui/text-field.tsx';
import type { FoundChoice } from '#server/protocol/list-query.ts';
import type { RecordKind } from '#server/protocol/session-words.ts';
import type { ActionResult } from '../action-result.ts';
import type { SecretSource } from './record-values.ts';

/** The records whose secret may be used: of this kind, and not `except` itself. */
export type FindReferences = (input: {
  search: string;
  type: RecordKind;
  except: string | null;
}) => Promise<ActionResult<readonly FoundChoice[]>>;

type SecretFieldsProps = {
  kind: RecordKind;
  source: SecretSource;
  onSource: (source: SecretSource) => void;
  findReferences: FindReferences;
  credentialId?: string;
  reference?: { credentialId: string; name: string } | null;
  /** It has a secret of its own already, which stays where nothing is entered. */
  hasSecret?: boolean;
};

/** A secret of its own, or a Reference Record: another credential whose secret is used. */
export function SecretFields({ kind, source, onSource, hasSecret = false, ...reference }: SecretFieldsProps) {
  return (
    <>
      <Select
        label="Secret"
        name="secretSource"
        value={source}
        choices={sources}
        onChange={(event) => onSource(event.target.value === 'reference' ? 'reference' : 'own')}
      />
      {source === 'reference' ? (
        <ReferenceField key={kind} kind={kind} {...reference} />
      ) : (
        <OwnSecretFields kind={kind} hasSecret={hasSecret} />
      )}
    </>
  );
}

const sources = [
  { value: 'own', label: 'Entered here' },
  { value: 'reference', label: 'That of another credential' },
];

type ReferenceFieldProps = Pick<SecretFieldsProps, 'kind' | 'findReferences' | 'credentialId' | 'reference'>;

function ReferenceField({ kind, findReferences, credentialId = '', reference }: ReferenceFieldProps) {
  return (
    <Combobox
      label="Reference record"
      name="referenceId"
      load={({ search }) => findReferences({ search, type: kind, except: credentialId || null })}
      chosen={reference ? { value: reference.credentialId, label: reference.name } : null}
      hint="Signs in with the user name above and the secret of this credential. People need the right to both."
      emptyHint="There is no other credential of this kind with a secret of its own."
      required
    />
  );
}

/** For a new credential the secret is needed; for an old one, empty keeps what is sealed. */
function OwnSecretFields({ kind, hasSecret }: { kind: RecordKind; hasSecret: boolean }) {
  const keeps = hasSecret ? 'Leave empty to keep the one that is stored.' : undefined;
  const given = { required: !hasSecret, optional: hasSecret };
  if (kind === 'password') {
    return (
      <PasswordField
        label={hasSecret ? 'New password' : 'Password'}
        name="password"
        autoComplete="new-password"
        hint={keeps}
        {...given}
      />
    );
  }
  return (
    <>
      <TextArea
        label={hasSecret ? 'New private key' : 'Private key'}
        name="privateKey"
        mono
        rows={6}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        placeholder="-----BEGIN OPENSSH PRIVATE KEY-----"
        hint={keeps ?? 'Ed25519, ECDSA or RSA, in OpenSSH or PEM form.'}
        {...given}
      />
      <PasswordField
        label="Passphrase"
        name="passphrase"
        autoComplete="off"
        hint="Only if the key is encrypted. It is used once to open the key, and not kept."
        optional
      />
    </>
  );
}
