import type { NextRequest } from 'next/server';
import NextAuth from 'next-auth';
import { authOptions } from '#app/auth-options.ts';
import { portalContext } from '#server/portal.ts';

type RouteContext = { params: Promise<{ nextauth: string[] }> };

async function handle(request: NextRequest, route: RouteContext): Promise<Response> {
  if (request.method === 'POST' && !isForm(request)) return new Response(null, { status: 415 });
  const ctx = await portalContext();
  return NextAuth(request, route, authOptions(ctx, request.headers.get('cookie') ?? undefined));
}

// What next-auth's own pages send. Other kinds it would try to read as JSON, and fail without an answer.
function isForm(request: NextRequest): boolean {
  return request.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') ?? false;
}

export { handle as GET, handle as POST };
