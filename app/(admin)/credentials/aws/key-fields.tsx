'use client';

import { Banner } from '#app/components/ui/banner.tsx';
import { PasswordField, TextField } from '#app/components/ui/text-field.tsx';
import type { AwsRecord } from './aws-record.ts';

/** For a new record the keys are needed, and where they are asked for again; else empty keeps what is sealed. */
export function KeyFields({ record, isAgain = false }: { record?: AwsRecord; isAgain?: boolean }) {
  const isKept = record !== undefined && !isAgain;
  return (
    <>
      {isKept && record.endpointUrl && (
        <Banner tone="warn" title="New keys go where the calls go">
          Calls of this record go to {record.endpointUrl}, with signatures made by them.
        </Banner>
      )}
      <TextField
        label="Access key id"
        name="accessKeyId"
        defaultValue={record?.accessKeyId}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        required
      />
      <PasswordField
        label={isKept ? 'New secret access key' : 'Secret access key'}
        name="secretAccessKey"
        autoComplete="new-password"
        hint={isKept ? 'Leave empty to keep the one that is stored.' : undefined}
        required={!isKept}
        optional={isKept}
      />
      <PasswordField
        label="Session token"
        name="sessionToken"
        autoComplete="off"
        hint="Only for keys that end by themselves."
        optional
      />
    </>
  );
}

/** What was entered of keys; what was left empty is left out. */
export function keysOf(data: FormData) {
  const entered = (name: string) => String(data.get(name) ?? '').trim() || undefined;
  return {
    accessKeyId: entered('accessKeyId'),
    secretAccessKey: entered('secretAccessKey'),
    sessionToken: entered('sessionToken'),
  };
}
