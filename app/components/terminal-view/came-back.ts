/**
 * Remembers for this tab that it is where a session is worked in, so that a reloaded page goes on at once, while another
 * tab asks before it takes the session over.
 */
const keyOf = (sessionId: string) => `sallyport.session.${sessionId}`;

export function rememberSession(storage: () => Storage, sessionId: string): void {
  try {
    storage().setItem(keyOf(sessionId), 'here');
  } catch {
    // A browser that keeps nothing asks, as another tab does.
  }
}

export function isRemembered(storage: () => Storage, sessionId: string): boolean {
  try {
    return storage().getItem(keyOf(sessionId)) === 'here';
  } catch {
    return false;
  }
}

export function forgetSession(storage: () => Storage, sessionId: string): void {
  try {
    storage().removeItem(keyOf(sessionId));
  } catch {
    // Nothing was kept.
  }
}
