'use client';

import { useHouseRules } from '#app/components/house-rules.tsx';
import { PasswordField } from '#app/components/ui/text-field.tsx';

/** The field for a new master password, with what it must be like. */
export function NewMasterPassword({ label = 'Master password', name = 'password' }: { label?: string; name?: string }) {
  const { minMasterPasswordLength } = useHouseRules();
  return (
    <PasswordField
      label={label}
      name={name}
      autoComplete="off"
      hint={`At least ${minMasterPasswordLength} characters, and not your sign-in password. A few unrelated words are fine.`}
      required
    />
  );
}
