import { z } from 'zod';
import type { GroupId, LoginSessionId, PersonId } from '#server/portal.ts';

/**
 * Shapes of what a browser sends, where the use case brings no schema of its own. What a value must be like is said once,
 * by the use case; here only how long a text may be, before anybody looks at it.
 */
export const textField = z.string().max(2000, 'This is too long.');

const id = (problem: string) => z.uuid(problem);
export const personIdField = id('Choose a person from the list.').transform((text) => text as PersonId);
export const groupIdField = id('Choose a group from the list.').transform((text) => text as GroupId);
export const loginSessionIdField = id('Choose a sign-in from the list.').transform((text) => text as LoginSessionId);
