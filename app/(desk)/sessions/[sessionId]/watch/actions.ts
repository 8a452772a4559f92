'use server';

import { withPerson } from '#app/with-person.ts';
import { WatchSessionInputSchema, watchSession } from '#server/portal.ts';

export const getWatchTicket = withPerson(WatchSessionInputSchema, watchSession);
