import { plainText } from '../protocol/plain-text.ts';
import type { AuditSubjects } from './events.ts';
import { called, counted, inWords, listed, type Names, named, place, quoted } from './told.ts';

type RecordAuditKind = Extract<
  keyof AuditSubjects,
  `record_type.${string}` | 'credential.referred' | `credential.test_${string}`
>;
type Told = {
  [K in RecordAuditKind]: {
    family: 'credentials';
    title: string;
    tell(subject: AuditSubjects[K], names: Names): string;
  };
};

/** The kinds about record types, about records that refer to others, and about credentials that are tried out. */
export const recordKindsTold: Told = {
  'record_type.created': {
    family: 'credentials',
    title: 'Record type added',
    tell: ({ name, kind }) => `Added the record type ${quoted(name)} (${inWords(kind)}).`,
  },
  'record_type.changed': {
    family: 'credentials',
    title: 'Record type changed',
    tell: ({ name, fields }) => `Changed ${listed(fields)} of the record type ${quoted(name)}.`,
  },
  'record_type.disabled': {
    family: 'credentials',
    title: 'Record type disabled',
    tell: ({ name }) => `Disabled the record type ${quoted(name)}: nothing new is stored of it.`,
  },
  'record_type.enabled': {
    family: 'credentials',
    title: 'Record type enabled',
    tell: ({ name }) => `Enabled the record type ${quoted(name)} again.`,
  },
  'record_type.field_added': {
    family: 'credentials',
    title: 'Field of a record type added',
    tell: ({ name, field, type }) =>
      `Added the field ${plainText(field)} (${inWords(type)}) to the record type ${quoted(name)}.`,
  },
  'record_type.field_changed': {
    family: 'credentials',
    title: 'Field of a record type changed',
    tell: ({ name, field, fields }) =>
      `Changed ${listed(fields)} of the field ${plainText(field)} of the record type ${quoted(name)}.`,
  },
  'record_type.field_removed': {
    family: 'credentials',
    title: 'Field of a record type removed',
    tell: ({ name, field, values }) =>
      `Removed the field ${plainText(field)} of the record type ${quoted(name)} with ${counted(values, 'value')}.`,
  },
  'credential.referred': {
    family: 'credentials',
    title: 'Reference record chosen',
    tell: ({ credentialId, referenceId }, names) =>
      `Had the credential ${called(names, 'credential', credentialId)} use the secret of the credential ${called(names, 'credential', referenceId)}.`,
  },
  'credential.test_begun': {
    family: 'credentials',
    title: 'Test of a credential begun',
    tell: ({ credentialId, referenceId, computerId, server, port }, names) =>
      `Began to test the credential ${called(names, 'credential', credentialId)}${ofReference(referenceId, names)} at ${named(names, 'computer', computerId)}, ${place(server, port)}.`,
  },
  'credential.test_ended': {
    family: 'credentials',
    title: 'Credential tested',
    tell: ({ credentialId, computerId, result }, names) =>
      `Tested the credential ${called(names, 'credential', credentialId)} at ${named(names, 'computer', computerId)}: ${inWords(result)}.`,
  },
};

/** Whose secret it was, where a record refers to another. */
export function ofReference(referenceId: string | undefined, names: Names): string {
  return referenceId === undefined ? '' : ` with the secret of ${called(names, 'credential', referenceId)}`;
}
