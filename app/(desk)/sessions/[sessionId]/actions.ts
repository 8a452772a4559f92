'use server';

import { withPerson } from '#app/with-person.ts';
import {
  SearchRecordingInputSchema,
  SendEndSessionAgainInputSchema,
  searchRecording,
  sendEndSessionAgain,
  TerminateSessionInputSchema,
  terminateSession,
} from '#server/portal.ts';

export const sendEndAgain = withPerson(SendEndSessionAgainInputSchema, sendEndSessionAgain);
export const searchInRecording = withPerson(SearchRecordingInputSchema, searchRecording);
export const terminate = withPerson(TerminateSessionInputSchema, terminateSession);
