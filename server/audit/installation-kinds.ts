import type { AuditSubjects } from './events.ts';
import { type Names, quoted } from './told.ts';

type InstallationKind = Extract<keyof AuditSubjects, `setting.${string}`>;
type Told = {
  [K in InstallationKind]: {
    family: 'installation';
    title: string;
    tell(subject: AuditSubjects[K], names: Names): string;
  };
};

/** The kinds of what is done to the installation as a whole, in plain words. */
export const installationKinds: Told = {
  'setting.changed': {
    family: 'installation',
    title: 'Setting changed',
    tell: ({ setting, from, to }) => `Changed the setting ${quoted(setting)} from ${quoted(from)} to ${quoted(to)}.`,
  },
};
