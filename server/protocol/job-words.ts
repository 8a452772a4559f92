/** The closed sets of durable work that the database, the runner and the screens share. */
export const jobStates = ['waiting', 'done', 'failed'] as const;
/** waiting (also while somebody is at it) → done, or failed when nobody tries any more. */
export type JobState = (typeof jobStates)[number];

export const attemptOutcomes = ['started', 'done', 'refused', 'unreachable'] as const;
/** `started`: it was cut off before an answer came, or is on its way. */
export type AttemptOutcome = (typeof attemptOutcomes)[number];
