'use server';

import { withPerson } from '#app/with-person.ts';
import {
  ReportCallsInputSchema,
  reportCalls,
  SendEndSessionAgainInputSchema,
  sendEndSessionAgain,
  TerminateSessionInputSchema,
  terminateSession,
} from '#server/portal.ts';

export const sendEndAgain = withPerson(SendEndSessionAgainInputSchema, sendEndSessionAgain);
export const terminate = withPerson(TerminateSessionInputSchema, terminateSession);
export const reportOfCalls = withPerson(ReportCallsInputSchema, reportCalls);
