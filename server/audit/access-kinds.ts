import type { AuditSubjects } from './events.ts';
import { called, listed, type Names, named, quoted } from './told.ts';

type AccessKind =
  | 'policy.created'
  | 'policy.changed'
  | 'access_level.created'
  | 'access_level.changed'
  | 'access_level.deleted'
  | 'grant.created'
  | 'grant.revoked';

/** The kinds of events by which access is given and taken. */
export const accessKinds: {
  readonly [K in AccessKind]: {
    family: 'access';
    title: string;
    tell(subject: AuditSubjects[K], names: Names): string;
  };
} = {
  'policy.created': {
    family: 'access',
    title: 'Policy added',
    tell: ({ name }) => `Added the policy ${quoted(name)}.`,
  },
  'policy.changed': {
    family: 'access',
    title: 'Policy changed',
    tell: ({ policyId, fields }, names) =>
      `Changed ${listed(fields)} of the policy ${called(names, 'policy', policyId)}.`,
  },
  'access_level.created': {
    family: 'access',
    title: 'Access level added',
    tell: ({ name }) => `Added the access level ${quoted(name)}.`,
  },
  'access_level.changed': {
    family: 'access',
    title: 'Access level changed',
    tell: ({ name, fields }) => `Changed ${listed(fields)} of the access level ${quoted(name)}.`,
  },
  'access_level.deleted': {
    family: 'access',
    title: 'Access level deleted',
    tell: ({ name }) => `Deleted the access level ${quoted(name)}.`,
  },
  'grant.created': {
    family: 'access',
    title: 'Grant given',
    tell: ({ computerId, credentialId, personId, groupId, policyId, accessLevelId }, names) => {
      const whom = personId ? named(names, 'person', personId) : groupId ? named(names, 'group', groupId) : 'nobody';
      const level = accessLevelId ? ` at the level ${called(names, 'accessLevel', accessLevelId)}` : '';
      const policy = policyId ? ` under the policy ${called(names, 'policy', policyId)}` : '';
      const what = computerId === null ? recordCalled(names, credentialId) : named(names, 'computer', computerId);
      return `Granted ${whom} access to ${what}${level}${policy}.`;
    },
  },
  'grant.revoked': {
    family: 'access',
    title: 'Grant revoked',
    tell: ({ grantId }, names) => `Revoked ${named(names, 'grant', grantId)}.`,
  },
};

function recordCalled(names: Names, credentialId: string | undefined): string {
  return `the AWS record ${credentialId ? called(names, 'credential', credentialId) : 'of a name that is not known'}`;
}
