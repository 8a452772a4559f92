import { hash, verify } from '@node-rs/argon2';
import { isCrowded, takingTurns } from './argon2-turns.ts';

const longestPassword = 128;
// In UTF-16 units before normalisation; nothing longer can be anybody's password.
export const longestInput = 1024;

// Argon2id with OWASP's first choice of parameters: 46 MiB, one pass, one lane.
const cost = { memoryCost: 47_104, timeCost: 1, parallelism: 1 };

let nobodysHash: Promise<string> | undefined;

/** What a new password must be like: at least `shortest` characters, and not with its owner's `email` in it. */
export type PasswordRule = { email: string; shortest: number };

/** What is wrong with a password that somebody wants to have; `undefined` if nothing is. */
export function passwordProblem(password: string, { email, shortest }: PasswordRule): string | undefined {
  const length = password.length > longestInput ? Number.POSITIVE_INFINITY : [...normalPassword(password)].length;
  if (length < shortest) return `Use at least ${shortest} characters. A few unrelated words are fine.`;
  if (length > longestPassword) return `Use at most ${longestPassword} characters.`;
  if (email && password.toLowerCase().includes(email.toLowerCase()))
    return 'Do not use your email address in the password.';
  return undefined;
}

/** PHC string of a new Argon2id hash. */
export async function hashPassword(password: string): Promise<string> {
  return takingTurns(() => hash(normalPassword(password), cost));
}

/**
 * Whether the password is the one of `passwordHash`. Without a hash (nobody has this email) the same work is done for
 * nothing, so that the time of the answer does not tell. `too_busy`: too many wait already, and nothing was looked at.
 */
export async function checkPassword(
  passwordHash: string | undefined,
  password: string,
): Promise<'right' | 'wrong' | 'too_busy'> {
  if (isCrowded()) return 'too_busy';
  const isPossible = password.length <= longestInput && passwordHash?.startsWith('$argon2');
  nobodysHash ??= hashPassword('the password of nobody');
  const against = isPossible && passwordHash ? passwordHash : await nobodysHash;
  const isRight = await takingTurns(() => verify(against, normalPassword(password.slice(0, longestInput))));
  return isRight && isPossible ? 'right' : 'wrong';
}

/** The one form of a password that is hashed: keyboards compose the same letters differently. */
export function normalPassword(password: string): string {
  return password.normalize('NFKC');
}
