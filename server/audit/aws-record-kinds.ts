import { plainText } from '../protocol/plain-text.ts';
import type { AuditSubjects } from './events.ts';
import { ofReference } from './record-kinds.ts';
import { called, inWords, listed, type Names, named, quoted } from './told.ts';

type AwsRecordKind = Extract<keyof AuditSubjects, `aws_record.${string}` | `api_token.${string}`>;

/** The kinds about records of AWS, and about the tokens that programs use them with. */
export const awsRecordKinds: {
  readonly [K in AwsRecordKind]: {
    family: 'credentials';
    title: string;
    tell(subject: AuditSubjects[K], names: Names): string;
  };
} = {
  'aws_record.created': {
    family: 'credentials',
    title: 'AWS record added',
    tell: ({ name, accessKeyId, partition, referenceId }, names) =>
      `Added the AWS record ${quoted(name)} (${plainText(accessKeyId)}, ${plainText(partition)})${ofReference(referenceId, names)}.`,
  },
  'aws_record.changed': {
    family: 'credentials',
    title: 'AWS record changed',
    tell: ({ credentialId, fields }, names) =>
      `Changed ${listed(fields)} of the AWS record ${called(names, 'credential', credentialId)}.`,
  },
  'aws_record.endpoint_changed': {
    family: 'credentials',
    title: 'AWS record sent elsewhere',
    tell: ({ credentialId, from, to }, names) =>
      `Let the calls of the AWS record ${called(names, 'credential', credentialId)} go to ${whither(to)} instead of ${whither(from)}, with keys that were entered anew.`,
  },
  'aws_record.disabled': {
    family: 'credentials',
    title: 'AWS record switched off',
    tell: ({ credentialId }, names) => `Switched the AWS record ${called(names, 'credential', credentialId)} off.`,
  },
  'aws_record.enabled': {
    family: 'credentials',
    title: 'AWS record switched on',
    tell: ({ credentialId }, names) => `Switched the AWS record ${called(names, 'credential', credentialId)} on again.`,
  },
  'aws_record.check_begun': {
    family: 'credentials',
    title: 'Check of an AWS record begun',
    tell: ({ credentialId, referenceId }, names) =>
      `The gateway took out the keys of the AWS record ${called(names, 'credential', credentialId)}${ofReference(referenceId, names)} to ask whose they are.`,
  },
  'aws_record.checked': {
    family: 'credentials',
    title: 'AWS record checked',
    tell: ({ credentialId, result }, names) =>
      `Checked the keys of the AWS record ${called(names, 'credential', credentialId)}: ${plainText(result)}.`,
  },
  'api_token.created': {
    family: 'credentials',
    title: 'Token made',
    tell: ({ tokenId, name, scopes, networks, credentialIds, expiresAt }, names) => {
      const records = credentialIds.map((id) => called(names, 'credential', id)).join(', ');
      const parts = [
        `Made the token ${quoted(name)} (${plainText(tokenId)}) for ${scopes.map(inWords).join(', ').toUpperCase()}`,
        ...(credentialIds.length > 0 ? [`for the records ${records}`] : []),
        ...(networks.length > 0 ? [`from ${listed(networks)}`] : []),
        `until ${plainText(expiresAt)}`,
      ];
      return `${parts.join(', ')}.`;
    },
  },
  'api_token.revoked': {
    family: 'credentials',
    title: 'Token revoked',
    tell: ({ tokenId, personId }, names) =>
      `Revoked the token ${plainText(tokenId)} of ${named(names, 'person', personId)}.`,
  },
};

function whither(url: string | null): string {
  return url === null ? 'AWS' : plainText(url);
}
