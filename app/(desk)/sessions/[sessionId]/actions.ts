'use server';

import { withPerson } from '#app/with-person.ts';
import {
  AnswerLiftInputSchema,
  agreeToLiftHold,
  askToLiftHold,
  HoldRecordingInputSchema,
  holdRecording,
  keepHold,
  ReportCallsInputSchema,
  reportCalls,
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
export const reportOfCalls = withPerson(ReportCallsInputSchema, reportCalls);
export const hold = withPerson(HoldRecordingInputSchema, holdRecording);
export const askToLift = withPerson(HoldRecordingInputSchema, askToLiftHold);
export const agreeToLift = withPerson(AnswerLiftInputSchema, agreeToLiftHold);
export const declineLift = withPerson(AnswerLiftInputSchema, keepHold);
