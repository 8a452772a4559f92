import type { AuditSubjects } from './events.ts';
import { listed, type Names, named, quoted } from './told.ts';

type InstallationKind = Extract<keyof AuditSubjects, `setting.${string}` | 'person.rescued'>;
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
  'setting.changed': {
    family: 'installation',
    title: 'Setting changed',
    tell: ({ setting, from, to }) => `Changed the setting ${quoted(setting)} from ${quoted(from)} to ${quoted(to)}.`,
  },
};
