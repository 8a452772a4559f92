import { plainText } from '../protocol/plain-text.ts';
import type { AuditSubjects } from './events.ts';
import { called as calledBy, counted, fromAddress, inWords, type Names, quoted, whyEnded } from './told.ts';

type AwsKind = Extract<keyof AuditSubjects, `aws.${string}`>;

/** The kinds of calls to AWS, in plain words. */
export const awsKinds: {
  readonly [K in AwsKind]: {
    family: 'aws';
    title: string;
    tell(subject: AuditSubjects[K], names: Names): string;
  };
} = {
  'aws.session_opened': {
    family: 'aws',
    title: 'Session of calls to AWS opened',
    tell: ({ credentialId, tokenName }, names) =>
      `Began to call AWS with the record ${calledBy(names, 'credential', credentialId)} and the token ${quoted(tokenName)}.`,
  },
  'aws.session_ended': {
    family: 'aws',
    title: 'Session of calls to AWS ended',
    tell: ({ reason, calls, bytesOut, bytesIn }) =>
      `The session of calls to AWS ended after ${counted(calls, 'call')}. ${reason === 'idle' ? 'No call was made for a while.' : whyEnded(reason)} ${counted(bytesOut, 'byte')} received, ${bytesIn} sent.`,
  },
  'aws.called': {
    family: 'aws',
    title: 'AWS called',
    tell: ({ operation, region, resource, address, command, isRepeat }) =>
      `Called ${quoted(operation)}${resource === null ? '' : ` on ${quoted(resource)}`} in ${quoted(region)}${fromAddress(address)}${command === null ? '' : `, by the command ${quoted(command)}`}${isRepeat ? '. The same signature was seen before' : ''}.`,
  },
  'aws.answered': {
    family: 'aws',
    title: 'AWS answered',
    tell: ({ status, bytesOut, bytesIn, problem }) => {
      const answer = status === null ? 'The call got no answer' : `The call was answered with the status ${status}`;
      return `${answer}${problem === null ? '' : ` (${inWords(problem)})`}: ${counted(bytesOut, 'byte')} received, ${bytesIn} sent.`;
    },
  },
  'aws.refused': {
    family: 'aws',
    title: 'Call to AWS refused',
    tell: ({ reason, operation, address, host, method, path }) =>
      `Was refused ${operation === null ? `${plainText(method)} ${quoted(path)} at ${quoted(host)}` : quoted(operation)}${fromAddress(address)}: ${inWords(reason)}.`,
  },
  'aws.refused_more': {
    family: 'aws',
    title: 'More calls to AWS refused',
    tell: ({ reason, count, address }) =>
      `Was refused ${counted(count, 'more call')}${fromAddress(address)} for the same reason: ${inWords(reason)}.`,
  },
};
