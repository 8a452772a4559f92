'use server';

import { withPerson } from '#app/with-person.ts';
import { ConnectComputerInputSchema, connectComputer, IssueTicketInputSchema, issueTicket } from '#server/portal.ts';

export const getTicket = withPerson(IssueTicketInputSchema, issueTicket);
/** The way of the shop, with the same question whether the person may. */
export const connectAgain = withPerson(ConnectComputerInputSchema, connectComputer);
