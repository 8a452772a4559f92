import { plainText } from '../protocol/plain-text.ts';
import { accessKinds } from './access-kinds.ts';
import { awsKinds } from './aws-kinds.ts';
import { awsRecordKinds } from './aws-record-kinds.ts';
import type { AuditKind, AuditSubjects } from './events.ts';
import { installationKinds } from './installation-kinds.ts';
import { keyringKinds } from './keyring-kinds.ts';
import { launchKinds } from './launch-kinds.ts';
import { proofKinds } from './proof-kinds.ts';
import { ofReference, recordKindsTold } from './record-kinds.ts';
import { retentionKinds } from './retention-kinds.ts';
import { suspensionKinds } from './suspension-kinds.ts';
import { called, counted, fromAddress, inWords, listed, type Names, named, place, quoted, whyEnded } from './told.ts';

/** The families by which the log is filtered, in the order in which they are offered. */
export const auditFamilies = {
  sign_in: 'Signing in',
  people: 'People and groups',
  computers: 'Computers and host keys',
  credentials: 'Credentials',
  master_passwords: 'Master passwords',
  access: 'Policies and grants',
  terms: 'Terms',
  launches: 'Launches and check-outs',
  sessions: 'Sessions',
  aws: 'Calls to AWS',
  recordings: 'Recordings',
  installation: 'Settings and the installation',
  log: 'The audit log itself',
} as const;

export type AuditFamily = keyof typeof auditFamilies;

type Told<K extends AuditKind> = {
  family: AuditFamily;
  /** The kind in a few words, for the filter. */
  title: string;
  /** What happened, in one sentence or two. It may begin with the verb: who did it stands beside it. */
  tell(subject: AuditSubjects[K], names: Names): string;
};

/** Every kind of event in plain words. A new kind does not compile before it is told here. */
export const auditKinds: { readonly [K in AuditKind]: Told<K> } = {
  'installation.set_up': {
    family: 'sign_in',
    title: 'Set up',
    tell: ({ personId }, names) =>
      `Set up this installation; ${named(names, 'person', personId)} is its first administrator.`,
  },
  'login.succeeded': {
    family: 'sign_in',
    title: 'Signed in',
    tell: ({ address }) => `Signed in${fromAddress(address)}.`,
  },
  'login.failed': {
    family: 'sign_in',
    title: 'Sign-in failed',
    tell: ({ email, address, why }) =>
      `Failed to sign in as ${quoted(email)}${fromAddress(address)}: ${failures[why] ?? inWords(why)}.`,
  },
  'login.revoked': {
    family: 'sign_in',
    title: 'Signed out',
    tell: ({ personId }, names) => `Ended a sign-in of ${named(names, 'person', personId)}.`,
  },
  'person.created': {
    family: 'people',
    title: 'Person added',
    tell: ({ name, roles }) => `Added the person ${quoted(name)} as ${listed(roles)}.`,
  },
  'person.changed': {
    family: 'people',
    title: 'Person changed',
    tell: ({ personId, fields }, names) => `Changed ${listed(fields)} of ${named(names, 'person', personId)}.`,
  },
  'person.disabled': {
    family: 'people',
    title: 'Person disabled',
    tell: ({ personId }, names) => `Disabled the account of ${named(names, 'person', personId)}.`,
  },
  'person.enabled': {
    family: 'people',
    title: 'Person enabled',
    tell: ({ personId }, names) => `Enabled the account of ${named(names, 'person', personId)} again.`,
  },
  'group.created': {
    family: 'people',
    title: 'Group added',
    tell: ({ name }) => `Added the group ${quoted(name)}.`,
  },
  'group.renamed': {
    family: 'people',
    title: 'Group renamed',
    tell: ({ name }) => `Renamed a group to ${quoted(name)}.`,
  },
  'group.members_changed': {
    family: 'people',
    title: 'Members of a group changed',
    tell: ({ groupId, added, removed }, names) => {
      const people = (ids: readonly string[]) => ids.map((id) => named(names, 'person', id)).join(', ');
      const parts = [
        ...(added.length > 0 ? [`put ${people(added)} in`] : []),
        ...(removed.length > 0 ? [`took ${people(removed)} out`] : []),
      ];
      return `Changed the members of ${named(names, 'group', groupId)}: ${parts.join(', ') || 'nobody'}.`;
    },
  },
  'group.deleted': {
    family: 'people',
    title: 'Group deleted',
    tell: ({ name }) => `Deleted the group ${quoted(name)}.`,
  },
  'computer.created': {
    family: 'computers',
    title: 'Computer added',
    tell: ({ name, server, port }) => `Added the computer ${quoted(name)} at ${place(server, port)}.`,
  },
  'computer.changed': {
    family: 'computers',
    title: 'Computer changed',
    tell: ({ computerId, fields }, names) => `Changed ${listed(fields)} of ${named(names, 'computer', computerId)}.`,
  },
  'computer.disabled': {
    family: 'computers',
    title: 'Computer switched off',
    tell: ({ computerId }, names) => `Switched ${named(names, 'computer', computerId)} off for sessions.`,
  },
  'computer.enabled': {
    family: 'computers',
    title: 'Computer switched on',
    tell: ({ computerId }, names) => `Switched ${named(names, 'computer', computerId)} on for sessions again.`,
  },
  'host_key.pinned': {
    family: 'computers',
    title: 'Host key approved',
    tell: ({ server, port, fingerprint, keyType }) =>
      `Approved the ${plainText(keyType)} host key ${plainText(fingerprint)} of ${place(server, port)}.`,
  },
  'host_key.forgotten': {
    family: 'computers',
    title: 'Host key forgotten',
    tell: ({ server, port, fingerprint }) =>
      `Took back the approval of the host key ${plainText(fingerprint)} of ${place(server, port)}.`,
  },
  'host_key.mismatch': {
    family: 'computers',
    title: 'Host key did not match',
    tell: ({ server, port, pinned, shown }) =>
      `Was stopped because ${place(server, port)} showed the host key ${plainText(shown)} instead of ${plainText(pinned)}.`,
  },
  'credential.created': {
    family: 'credentials',
    title: 'Credential added',
    tell: ({ name, type }) => `Added the shared credential ${quoted(name)} (${inWords(type)}).`,
  },
  'credential.changed': {
    family: 'credentials',
    title: 'Credential changed',
    tell: ({ credentialId, fields }, names) =>
      `Changed ${listed(fields)} of the shared credential ${called(names, 'credential', credentialId)}.`,
  },
  'credential.deleted': {
    family: 'credentials',
    title: 'Credential deleted',
    tell: ({ name }) => `Deleted the shared credential ${quoted(name)}.`,
  },
  'credential.put_to_use': {
    family: 'credentials',
    title: 'Credential put to use',
    tell: ({ credentialId, computerId, server, port }, names) =>
      `Put the credential ${called(names, 'credential', credentialId)} to use for ${named(names, 'computer', computerId)} at ${place(server, port)}.`,
  },
  'credential.released': {
    family: 'credentials',
    title: 'Credential used for a session',
    tell: ({ credentialId, referenceId, computerId }, names) =>
      `The gateway took out the credential ${called(names, 'credential', credentialId)}${ofReference(referenceId, names)} to sign in to ${named(names, 'computer', computerId)}.`,
  },
  ...recordKindsTold,
  ...awsRecordKinds,
  'personal_credential.created': {
    family: 'credentials',
    title: 'Personal credential added',
    tell: ({ type }) => `Added a personal credential (${inWords(type)}).`,
  },
  'personal_credential.changed': {
    family: 'credentials',
    title: 'Personal credential changed',
    tell: ({ fields }) => `Changed ${listed(fields)} of a personal credential.`,
  },
  'personal_credential.deleted': {
    family: 'credentials',
    title: 'Personal credential deleted',
    tell: () => 'Deleted a personal credential.',
  },
  'master_password.set': {
    family: 'master_passwords',
    title: 'Master password set',
    tell: ({ byLink }) => `Set a master password${byLink ? ' with the link of an administrator' : ''}.`,
  },
  'master_password.changed': {
    family: 'master_passwords',
    title: 'Master password changed',
    tell: () => 'Changed the master password.',
  },
  'master_password.failed': {
    family: 'master_passwords',
    title: 'Master password was wrong',
    tell: ({ why }) =>
      why === 'throttled' ? 'Tried master passwords too often and had to wait.' : 'Entered a wrong master password.',
  },
  'master_password.reset': {
    family: 'master_passwords',
    title: 'Master password reset',
    tell: ({ personId, destroyed }, names) =>
      `Reset the master password of ${named(names, 'person', personId)}, which destroyed ${counted(destroyed, 'personal credential')}.`,
  },
  'master_password.link_refused': {
    family: 'master_passwords',
    title: 'Link to set a master password refused',
    tell: ({ personId }, names) =>
      `Was refused with a link to set the master password of ${named(names, 'person', personId)}.`,
  },
  'vault.unlocked': {
    family: 'master_passwords',
    title: 'Unlocked',
    tell: ({ until }) => `Unlocked credentials in one browser until ${plainText(until)}.`,
  },
  'vault.locked': {
    family: 'master_passwords',
    title: 'Locked',
    tell: () => 'Locked credentials again.',
  },
  'notice.seen': {
    family: 'people',
    title: 'Notice read',
    tell: ({ notice }) => `Read the notice “${inWords(notice)}”.`,
  },
  ...suspensionKinds,
  ...accessKinds,
  ...launchKinds,
  'session.requested': {
    family: 'sessions',
    title: 'Session requested',
    tell: ({ computerId, mode }, names) =>
      `Asked for a session on ${named(names, 'computer', computerId)} (${plainText(mode)}).`,
  },
  'session.refused': {
    family: 'sessions',
    title: 'Session refused',
    tell: ({ computerId, code }, names) =>
      `Was refused a session on ${named(names, 'computer', computerId)}: ${inWords(code)}.`,
  },
  'ticket.refused': {
    family: 'sessions',
    title: 'Ticket refused',
    tell: ({ code }) => `Was refused at the door of a session: ${inWords(code)}.`,
  },
  'session.opened': {
    family: 'sessions',
    title: 'Session opened',
    tell: ({ computerId, account, recorded }, names) =>
      `Opened a session on ${named(names, 'computer', computerId)} as ${quoted(account)}, ${recorded ? 'recorded' : 'not recorded'}.`,
  },
  'session.detached': {
    family: 'sessions',
    title: 'Browser left a session',
    tell: () => 'The browser left the session, which waits for it.',
  },
  'session.attached': {
    family: 'sessions',
    title: 'Browser back at a session',
    tell: ({ takenOver }) => (takenOver ? 'Took the session over with another browser.' : 'Came back to the session.'),
  },
  'session.watched': {
    family: 'sessions',
    title: 'Session watched',
    tell: ({ how, told }) =>
      `Began to watch the session${onTheWall(how)}. Its person was ${told ? 'told' : 'not told'}.`,
  },
  'session.watch_ended': {
    family: 'sessions',
    title: 'No longer watched',
    tell: ({ how }) => `Stopped watching the session${onTheWall(how)}.`,
  },
  'session.paste_refused': {
    family: 'sessions',
    title: 'Paste refused',
    tell: ({ bytes }) => `Was not let paste ${counted(bytes, 'byte')}.`,
  },
  'session.ended': {
    family: 'sessions',
    title: 'Session ended',
    tell: ({ reason, bytesOut, bytesIn }) =>
      `The session ended. ${whyEnded(reason)} ${counted(bytesOut, 'byte')} shown, ${bytesIn} typed.`,
  },
  'session.terminate_requested': {
    family: 'sessions',
    title: 'End of a session asked for',
    tell: ({ reason, why }) => {
      const whose = reason === 'terminated' ? 'the session of somebody else' : 'a session of their own';
      return `Asked to end ${whose}${why ? `, saying ${quoted(why)}` : ''}.`;
    },
  },
  'recording.segment': {
    family: 'recordings',
    title: 'Recording written',
    tell: ({ seq, head }) =>
      seq === 0
        ? `The recording began, with the head ${shortHash(head)}.`
        : `Segment ${seq} of the recording was written, up to the head ${shortHash(head)}.`,
  },
  'recording.failed': {
    family: 'recordings',
    title: 'Recording failed',
    tell: ({ code }) => `The recording could not be written any further: ${inWords(code)}.`,
  },
  'recording.sealed': {
    family: 'recordings',
    title: 'Recording sealed',
    tell: ({ head, reason, bytes }) =>
      `The recording was sealed (${inWords(reason)}): ${counted(bytes, 'byte')}, up to the head ${shortHash(head)}.`,
  },
  'recording.unplayable': {
    family: 'recordings',
    title: 'Alarm: recording cannot be played',
    tell: ({ detail }) => `Alarm: the recording cannot be played as it was made. ${plainText(detail)}`,
  },
  'recording.viewed': {
    family: 'recordings',
    title: 'Recording viewed',
    tell: ({ part }) => `Read ${quoted(part)} of a recording.`,
  },
  'recording.searched': {
    family: 'recordings',
    title: 'Recordings searched',
    tell: ({ filters }) => `Searched what stood on screens${about(filters)}.`,
  },
  ...awsKinds,
  ...retentionKinds,
  ...installationKinds,
  ...keyringKinds,
  ...proofKinds,
  'audit.anchored': {
    family: 'log',
    title: 'Chains anchored',
    tell: ({ heads }) => `Noted where ${counted(heads.length, 'other chain')} of this log stood.`,
  },
  'audit.viewed': {
    family: 'log',
    title: 'Log read',
    tell: ({ filters }) => `Read the audit log${about(filters)}.`,
  },
  'audit.exported': {
    family: 'log',
    title: 'Log exported',
    tell: ({ filters }) => `Exported the audit log${about(filters)}.`,
  },
};

const failures: Record<AuditSubjects['login.failed']['why'], string> = {
  unknown: 'there is no such account',
  password: 'the password was wrong',
  disabled: 'the account is disabled',
  throttled: 'too many attempts',
};

function onTheWall(how: AuditSubjects['session.watched']['how']): string {
  return how === 'wall' ? ' on the live wall' : '';
}

// Enough to recognise it by; the whole is among the raw fields.
function shortHash(hash: string): string {
  return `${plainText(hash.slice(0, 12))}…`;
}

function about(filters: Record<string, string>): string {
  const words = Object.entries(filters).map(([name, value]) => `${plainText(name)} ${quoted(value)}`);
  return words.length === 0 ? ', all of it' : `, filtered by ${words.join(', ')}`;
}
