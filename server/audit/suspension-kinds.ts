import { plainText } from '../protocol/plain-text.ts';
import type { AuditSubjects } from './events.ts';
import { called, counted, inWords, type Names, named, place } from './told.ts';

type SuspensionKind =
  | 'computers.imported'
  | 'computer.credential_given'
  | 'computer.credential_taken'
  | 'credential.suspended'
  | 'credential.resumed';

/** The kinds of events by which it changes where a secret may go. */
export const suspensionKinds: {
  readonly [K in SuspensionKind]: {
    family: 'credentials' | 'computers';
    title: string;
    tell(subject: AuditSubjects[K], names: Names): string;
  };
} = {
  'computers.imported': {
    family: 'computers',
    title: 'Computers imported',
    tell: ({ added, sha256 }) =>
      `Added ${counted(added, 'computer')} from a file (SHA-256 ${plainText(sha256.slice(0, 12))}…).`,
  },
  'computer.credential_given': {
    family: 'computers',
    title: 'Further credential given to a computer',
    tell: ({ computerId, credentialId, accessLevelId }, names) => {
      const level = accessLevelId ? `the level ${called(names, 'accessLevel', accessLevelId)}` : 'the standard level';
      return `Gave ${named(names, 'computer', computerId)} the credential ${called(names, 'credential', credentialId)} for ${level}.`;
    },
  },
  'computer.credential_taken': {
    family: 'computers',
    title: 'Further credential taken from a computer',
    tell: ({ computerId, credentialId }, names) =>
      `Took the credential ${called(names, 'credential', credentialId)} from ${named(names, 'computer', computerId)}.`,
  },
  'credential.suspended': {
    family: 'credentials',
    title: 'Credential suspended at an address',
    tell: ({ credentialId, server, port, why, from }, names) =>
      `The credential ${called(names, 'credential', credentialId)} was stopped from being used at ${place(server, port)}: ${suspensions[why] ?? inWords(why)}${from ? ` instead of ${plainText(from)}` : ''}.`,
  },
  'credential.resumed': {
    family: 'credentials',
    title: 'Credential let go on at an address',
    tell: ({ credentialId, server, port, how }, names) =>
      `${how === 'confirmed' ? 'Confirmed' : 'Entered the secret anew, and so confirmed,'} that the credential ${called(names, 'credential', credentialId)} may be used at ${place(server, port)}.`,
  },
};

const suspensions: Record<string, string | undefined> = {
  new_target: 'somebody who did not enter its secret put it to use there',
  address: 'a computer moved there',
  host_key: 'another host key was approved there',
};
