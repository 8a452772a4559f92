import { plainText } from '../protocol/plain-text.ts';
import type { AuditSubjects } from './events.ts';
import { counted, inWords, quoted } from './told.ts';

type ProofKind = 'recording.verified' | 'audit.anchor_file_begun' | 'audit.rows_missing';
type Told = {
  [K in ProofKind]: { family: 'recordings' | 'log'; title: string; tell(subject: AuditSubjects[K]): string };
};

/** The kinds about what proves that nothing was altered. */
export const proofKinds: Told = {
  'recording.verified': {
    family: 'recordings',
    title: 'Recording verified',
    tell: ({ state, segments, detail }) =>
      detail === null
        ? `Had the recording verified: ${inWords(state)}, with ${counted(segments, 'segment')}.`
        : `Had the recording verified: ${inWords(state)}. ${plainText(detail)}`,
  },
  'audit.anchor_file_begun': {
    family: 'log',
    title: 'Anchor file begun',
    tell: ({ file }) => `Began the file ${quoted(file)}, which notes where this log stands.`,
  },
  'audit.rows_missing': {
    family: 'log',
    title: 'Alarm: rows of the log are missing',
    tell: ({ writerId, seq, writers, file }) =>
      `Alarm: row ${seq} of the writer ${plainText(writerId)} is not in this log as the file ${quoted(file)} noted it${writers > 1 ? `, nor are rows of ${counted(writers - 1, 'other writer')}` : ''}.`,
  },
};
