/**
 * Where to go after sign-in: by way of the step that asks for a first master password, which passes on whoever has one.
 * A link that carries a token after its `#` is followed as it came; browsers keep that part through the sign-in page.
 */
export function pageAfterSignIn(destination: string, hash: string): string {
  if (destination.startsWith('/master-password')) return `${destination}${hash}`;
  return destination === '/' ? '/master-password' : `/master-password?next=${encodeURIComponent(destination)}`;
}
