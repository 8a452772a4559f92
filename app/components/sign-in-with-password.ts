'use client';

import { signIn } from 'next-auth/react';

/** Signs in and sets the cookie. Answers `undefined`, or the sentence that says why not. */
export async function signInWithPassword(email: string, password: string): Promise<string | undefined> {
  try {
    const answer = await signIn('credentials', { email, password, redirect: false });
    if (answer?.ok && !answer.error) return undefined;
    return answer?.error && answer.error !== 'CredentialsSignin' ? answer.error : 'Please try again.';
  } catch {
    return 'Sallyport did not answer. Check your connection and try again.';
  }
}
