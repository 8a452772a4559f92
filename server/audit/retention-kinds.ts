import { plainText } from '../protocol/plain-text.ts';
import type { AuditSubjects } from './events.ts';
import { called, counted, type Names, named, quoted } from './told.ts';

type RetentionKind =
  | 'recording.held'
  | 'recording.lift_asked'
  | 'recording.lift_declined'
  | 'recording.hold_lifted'
  | 'recording.deleted'
  | 'recording.kept'
  | 'recordings.retention_changed';

/** The kinds of events by which recordings are kept, held and deleted. */
export const retentionKinds: {
  readonly [K in RetentionKind]: {
    family: 'recordings';
    title: string;
    tell(subject: AuditSubjects[K], names: Names): string;
  };
} = {
  'recording.held': {
    family: 'recordings',
    title: 'Recording put on hold',
    tell: ({ why }) => `Put the recording on hold, so that nobody deletes it, saying ${quoted(why)}.`,
  },
  'recording.lift_asked': {
    family: 'recordings',
    title: 'End of a hold asked for',
    tell: ({ why }) => `Asked to lift the hold on the recording, saying ${quoted(why)}.`,
  },
  'recording.lift_declined': {
    family: 'recordings',
    title: 'Hold kept',
    tell: ({ personId }, names) =>
      `Kept the hold on the recording, which ${named(names, 'person', personId)} asked to lift.`,
  },
  'recording.hold_lifted': {
    family: 'recordings',
    title: 'Hold lifted',
    tell: ({ personId, why }, names) =>
      `Lifted the hold on the recording, as ${named(names, 'person', personId)} had asked, saying ${quoted(why)}.`,
  },
  'recording.deleted': {
    family: 'recordings',
    title: 'Recording deleted',
    tell: ({ reason, bytes, head }) =>
      `Deleted the recording (${counted(bytes, 'byte')}, head ${plainText(head.slice(0, 12))}…): ${plainText(reason)}`,
  },
  'recording.kept': {
    family: 'recordings',
    title: 'Alarm: recording not deleted',
    tell: ({ why }) => `Alarm: the time of the recording is over, and it was not deleted. ${plainText(why)}`,
  },
  'recordings.retention_changed': {
    family: 'recordings',
    title: 'Recordings kept for another time',
    tell: ({ policyId, lengthened, dated }, names) => {
      const by = policyId === null ? 'the setting' : `the policy ${called(names, 'policy', policyId)}`;
      return `Changed by ${by} until when recordings are kept: ${lengthened} longer than before, and ${dated} that were to be kept for ever.`;
    },
  },
};
