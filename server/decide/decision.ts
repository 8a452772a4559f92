import type { ErrorCode } from '../errors.ts';

/** Yes, with what it gives; or no, and why. */
export type Decision<R extends object = object> = ({ allow: true } & R) | { allow: false; reason: ErrorCode };

export const yes = { allow: true } as const;
export const no = (reason: ErrorCode) => ({ allow: false, reason }) as const;
