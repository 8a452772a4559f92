import { plainText } from '../protocol/plain-text.ts';
import type { AuditSubjects } from './events.ts';
import { quoted } from './told.ts';

type KeyringKind = Extract<keyof AuditSubjects, `keyring.${string}`>;
type Told = {
  [K in KeyringKind]: { family: 'installation'; title: string; tell(subject: AuditSubjects[K]): string };
};

const byUser = (systemUser: string) => `The user ${quoted(systemUser)} of the machine`;

/** The kinds of what is done to the keyring, in plain words. */
export const keyringKinds: Told = {
  'keyring.key_added': {
    family: 'installation',
    title: 'System key added',
    tell: ({ keyId, systemUser }) => `${byUser(systemUser)} added the system key ${plainText(keyId)} to the keyring.`,
  },
  'keyring.key_in_use': {
    family: 'installation',
    title: 'System key in use',
    tell: ({ keyId, before, systemUser }) =>
      `${byUser(systemUser)} put the system key ${plainText(keyId)} to use, in the place of ${plainText(before)}.`,
  },
  'keyring.key_retired': {
    family: 'installation',
    title: 'System key retired',
    tell: ({ keyId, systemUser }) =>
      `${byUser(systemUser)} took the system key ${plainText(keyId)} out of the keyring: nothing is sealed with it any more.`,
  },
  'keyring.moved': {
    family: 'installation',
    title: 'Keyring sealed or opened',
    tell: ({ sealedBy, systemUser }) =>
      sealedBy === null
        ? `${byUser(systemUser)} had the keyring written without a seal.`
        : `${byUser(systemUser)} had the keyring sealed by ${quoted(sealedBy)}.`,
  },
};
