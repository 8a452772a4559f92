import type { NextRequest } from 'next/server';
import { answerEndSession, answerGetCredential, maxIdentityBytes, portalContext } from '#server/portal.ts';

type RouteContext = { params: Promise<{ call: string }> };

const answers = { getcredential: answerGetCredential, endsession: answerEndSession } as const;

/** The built-in identity API. Who may be answered, and what, is decided behind the door. */
export async function POST(request: NextRequest, { params }: RouteContext): Promise<Response> {
  const { call } = await params;
  const answer = Object.hasOwn(answers, call) ? answers[call as keyof typeof answers] : undefined;
  if (!answer) return Response.json({ error: 'not_found' }, { status: 404 });
  const length = Number(request.headers.get('content-length') ?? Number.NaN);
  if (!(length <= maxIdentityBytes)) return Response.json({ error: 'invalid_request' }, { status: 413 });
  const { status, headers, body } = await answer(await portalContext(), {
    header: (name) => request.headers.get(name) ?? undefined,
    body: await request.text(),
    address: request.headers.get('x-forwarded-for'),
  });
  return Response.json(body, { status, headers: { ...headers, 'cache-control': 'no-store' } });
}
