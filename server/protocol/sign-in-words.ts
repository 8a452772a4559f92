export const signInProblems = [
  'unreachable',
  'refused_target',
  'host_key',
  'no_common_algorithm',
  'key_unreadable',
  'refused',
  'method',
  'second_factor',
  'other_question',
  'password_change',
  'failed',
] as const;
/** What a sign-in that was tried out failed of. */
export type SignInProblem = (typeof signInProblems)[number];

const words: Record<SignInProblem, { title: string; advice: string }> = {
  unreachable: {
    title: 'The computer did not answer',
    advice: 'Check that it is switched on, that its address and port are right, and that the gateway may reach it.',
  },
  refused_target: {
    title: 'The gateway may not connect to this address',
    advice: 'An administrator of this installation can allow it by name in ALLOW_TARGETS.',
  },
  host_key: {
    title: 'The computer shows another host key than the pinned one',
    advice:
      'Nothing was sent to it. Find out why: if the computer was set up anew, an administrator forgets the old key and approves the new one.',
  },
  no_common_algorithm: {
    title: 'The computer offers only algorithms that are no longer safe',
    advice: 'Update the SSH server of the computer, or allow it to use current algorithms.',
  },
  key_unreadable: {
    title: 'The stored key cannot be read',
    advice: 'Enter the private key again; if it has a passphrase, with its passphrase.',
  },
  refused: {
    title: 'The computer refused the credential',
    advice:
      'Check the user name, and enter the password or key again. With a key, its public half must be in authorized_keys of the account.',
  },
  method: {
    title: 'The computer does not accept this kind of credential',
    advice: 'Store a credential of a kind that it accepts, or allow this kind in its SSH server.',
  },
  second_factor: {
    title: 'The computer asks for a second factor',
    advice: 'A stored credential cannot give one. Exempt this account from it for connections from the gateway.',
  },
  other_question: {
    title: 'The computer asks for something else than the password',
    advice: 'Sign in to it by hand once and see what it asks. Only a single question for the password can be answered.',
  },
  password_change: {
    title: 'The computer wants the password to be changed',
    advice: 'Change the password at the computer, then enter the new one here.',
  },
  failed: {
    title: 'The connection failed while signing in',
    advice: 'Try again in a moment. If it stays so, look into the log of the SSH server of the computer.',
  },
};

/** What failed, and what to do about it, each in a sentence. */
export function signInWords(problem: SignInProblem): { title: string; advice: string } {
  return words[problem];
}
