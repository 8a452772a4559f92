import type { NextRequest } from 'next/server';
import NextAuth from 'next-auth';
import { authOptions } from '#app/auth-options.ts';
import { portalContext } from '#server/portal.ts';

type RouteContext = { params: Promise<{ nextauth: string[] }> };

async function handle(request: NextRequest, route: RouteContext): Promise<Response> {
  const ctx = await portalContext();
  return NextAuth(request, route, authOptions(ctx, request.headers.get('cookie') ?? undefined));
}

export { handle as GET, handle as POST };
