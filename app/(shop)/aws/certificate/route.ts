import { cookieHeader } from '#app/with-person.ts';
import { portalContext, readAwsProxy, whoIs } from '#server/portal.ts';

/** The certificate of the AWS proxy, for whoever is signed in. */
export async function GET(): Promise<Response> {
  const ctx = await portalContext();
  const actor = await whoIs(ctx, await cookieHeader());
  if (!actor.ok) return new Response('Sign in first.\n', { status: 401 });
  const state = await readAwsProxy(ctx, actor.value);
  const certificate = state.ok ? state.value.certificate : null;
  if (!certificate) return new Response('The AWS proxy has no certificate yet.\n', { status: 404 });
  return new Response(certificate.pem, {
    headers: {
      'Content-Type': 'application/x-pem-file',
      'Content-Disposition': 'attachment; filename="sallyport.pem"',
      'Cache-Control': 'no-store',
    },
  });
}
