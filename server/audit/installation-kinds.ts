import type { AuditSubjects } from './events.ts';
import { counted, listed, type Names, named, quoted } from './told.ts';

type InstallationKind = Extract<keyof AuditSubjects, `setting.${string}` | `backup.${string}` | 'person.rescued'>;
type Told = {
  [K in InstallationKind]: {
    family: 'installation' | 'people';
    title: string;
    tell(subject: AuditSubjects[K], names: Names): string;
  };
};

/** The kinds of what is done to the installation as a whole, in plain words. */
export const installationKinds: Told = {
  'person.rescued': {
    family: 'people',
    title: 'Rescued at the machine',
    tell: ({ personId, did, systemUser }, names) =>
      `The user ${quoted(systemUser)} of the machine helped ${named(names, 'person', personId)} to sign in again: ${listed(did)}.`,
  },
  'backup.made': {
    family: 'installation',
    title: 'Backup made',
    tell: ({ snapshot, recordings, damaged, systemUser }) =>
      `The user ${quoted(systemUser)} of the machine made the backup ${quoted(snapshot)} with ${counted(recordings, 'recording')}${damaged > 0 ? `, ${damaged} of them not as they should be` : ''}.`,
  },
  'backup.restored': {
    family: 'installation',
    title: 'Backup restored',
    tell: ({ snapshot, recordings, systemUser }) =>
      `The user ${quoted(systemUser)} of the machine restored the backup ${quoted(snapshot)} with ${counted(recordings, 'recording')}, and ended every sign-in.`,
  },
  'setting.changed': {
    family: 'installation',
    title: 'Setting changed',
    tell: ({ setting, from, to }) => `Changed the setting ${quoted(setting)} from ${quoted(from)} to ${quoted(to)}.`,
  },
};
