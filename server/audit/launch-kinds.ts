import { plainText } from '../protocol/plain-text.ts';
import type { AuditSubjects } from './events.ts';
import { counted, fromAddress, inWords, type Names, named, quoted } from './told.ts';

type LaunchKind = Extract<
  keyof AuditSubjects,
  `terms.${string}` | `check_out.${string}` | `launch.${string}` | `identity.${string}` | `end_session.${string}`
>;
type Told = {
  [K in LaunchKind]: {
    family: 'terms' | 'launches';
    title: string;
    tell(subject: AuditSubjects[K], names: Names): string;
  };
};

function versionOf(version: number, sha256: string): string {
  return `version ${plainText(String(version))} of the terms (SHA-256 ${plainText(sha256)})`;
}

/** The kinds of the way from the shop to a session, in plain words. */
export const launchKinds: Told = {
  'terms.published': {
    family: 'terms',
    title: 'Terms published',
    tell: ({ version, sha256 }) => `Published ${versionOf(version, sha256)}.`,
  },
  'terms.accepted': {
    family: 'terms',
    title: 'Terms accepted',
    tell: ({ version, sha256 }) => `Accepted ${versionOf(version, sha256)}.`,
  },
  'check_out.created': {
    family: 'launches',
    title: 'Checked out',
    tell: ({ computerId, credentialId, isPersonal, accessLevel }, names) =>
      `Checked out ${isPersonal ? 'their own' : 'the shared'} credential ${named(names, 'credential', credentialId)} for ${named(names, 'computer', computerId)}${accessLevel ? `, at the access level ${quoted(accessLevel)}` : ''}.`,
  },
  'check_out.refused': {
    family: 'launches',
    title: 'Check-out refused',
    tell: ({ computerId, code }, names) =>
      `Was refused a check-out for ${named(names, 'computer', computerId)}: ${inWords(code)}.`,
  },
  'check_out.ended': {
    family: 'launches',
    title: 'Check-out ended',
    tell: ({ reason }) => `The check-out ended: ${inWords(reason)}.`,
  },
  'launch.bound': {
    family: 'launches',
    title: 'Launch arrived',
    tell: ({ origin, apiUrl }) =>
      `Opened the page of a launch from ${quoted(origin ?? 'an unknown origin')} with credentials of ${quoted(apiUrl)}.`,
  },
  'launch.refused': {
    family: 'launches',
    title: 'Launch refused',
    tell: ({ code }) => `Was refused a launch: ${inWords(code)}.`,
  },
  'identity.alarm': {
    family: 'launches',
    title: 'Alarm: not the gateway',
    tell: ({ why, address }) =>
      `Alarm: the handles of a check-out were shown by somebody else than the gateway${fromAddress(address)} (assertion ${inWords(why)}).`,
  },
  'identity.refused': {
    family: 'launches',
    title: 'Credential refused',
    tell: ({ code }) => `The identity API gave no credential: ${inWords(code)}.`,
  },
  'end_session.delivered': {
    family: 'launches',
    title: 'End told',
    tell: ({ apiUrl, attempts }) => `${quoted(apiUrl)} was told of the end, after ${counted(attempts, 'attempt')}.`,
  },
  'end_session.given_up': {
    family: 'launches',
    title: 'End not told',
    tell: ({ apiUrl, attempts }) =>
      `${quoted(apiUrl)} could not be told of the end; given up after ${counted(attempts, 'attempt')}.`,
  },
  'end_session.sent_again': {
    family: 'launches',
    title: 'End sent again',
    tell: () => 'Had the identity API told of the end once more.',
  },
};
