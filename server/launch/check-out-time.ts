import { type Outcome, ok, refuse } from '../errors.ts';
import { maxDelaySeconds } from './launch-parameters.ts';

export type WantedTime = {
  checkOutStartDate: Date | null;
  checkOutEndDate: Date | null;
  connectionDelaySeconds: number;
};

/** `endsAt: null`: as long as the right. */
export type CheckOutTime = { startsAt: Date | null; endsAt: Date | null; delaySeconds: number };

/**
 * From when to when a check-out lasts: never longer than the right it is made under. A start that is still to come is
 * waited for like the delay, and within the same bounds: nothing is kept for a later day. Problems name their field.
 */
export function checkOutTime(wanted: WantedTime, rightEndsAt: Date | null, now: Date): Outcome<CheckOutTime> {
  const { checkOutStartDate: startsAt, checkOutEndDate } = wanted;
  const waitSeconds = startsAt ? Math.max(0, Math.ceil((startsAt.getTime() - now.getTime()) / 1000)) : 0;
  if (waitSeconds > maxDelaySeconds) return wrong('checkOutStartDate', tooLate);
  const from = startsAt && startsAt > now ? startsAt : now;
  if (checkOutEndDate && checkOutEndDate <= from) return wrong('checkOutEndDate', endsTooEarly);
  if (rightEndsAt && rightEndsAt <= from) return wrong('checkOutStartDate', endsBefore);
  const ends = [checkOutEndDate, rightEndsAt].filter((end) => end !== null);
  return ok({
    startsAt,
    endsAt: ends.length > 0 ? new Date(Math.min(...ends.map((end) => end.getTime()))) : null,
    delaySeconds: Math.max(wanted.connectionDelaySeconds, waitSeconds),
  });
}

const tooLate = `Choose a start within the next ${maxDelaySeconds / 60} minutes, or come back then.`;
const endsTooEarly = 'Choose an end that is still to come, and after the start.';
const endsBefore = 'Your access ends before that. Choose an earlier start.';

function wrong(field: keyof WantedTime, problem: string) {
  return refuse('invalid_input', { field, problem });
}
