import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { deferred } from '../../front/testing/running-front.ts';
import { selfSigned } from '../../front/testing/self-signed.ts';
import { type IdentityCall, identityPaths } from '../../identity-api/contract.ts';

/** An answer that is held back: `reached` when the question is there, and given after `release`. */
export type Held = { reached: Promise<void>; release(): void };

export type IdentityStandIn = Awaited<ReturnType<typeof startIdentityStandIn>>;

/**
 * An identity system elsewhere, over https, that honours the idempotency key: however often it is told that a session
 * ended, it takes note once. Its next answer of a kind can be held back.
 */
export async function startIdentityStandIn(credential: () => object) {
  const tls = selfSigned();
  const told = new Map<string, number>();
  const noted: string[] = [];
  const holds: Partial<Record<IdentityCall, { reached(): void; until: Promise<void> }>> = {};
  let onConnection: (() => void) | undefined;

  function note(request: IncomingMessage): void {
    const key = String(request.headers['idempotency-key']);
    told.set(key, (told.get(key) ?? 0) + 1);
    if (!noted.includes(key)) noted.push(key);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await text(request);
    const isQuestion = request.url === identityPaths.getcredential;
    const call: IdentityCall = isQuestion ? 'getcredential' : 'endsession';
    if (!isQuestion) note(request);
    const held = holds[call];
    delete holds[call];
    held?.reached();
    await held?.until;
    response.writeHead(200).end(JSON.stringify(isQuestion ? credential() : {}));
  }

  const server = createServer(tls, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.on('connection', () => onConnection?.());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    certificate: tls.cert,
    /** Ids of the sessions whose end was taken note of, in order. */
    noted,
    /** How often each was told, replays included. */
    told,
    hold(call: IdentityCall): Held {
      const [reached, until] = [deferred(), deferred()];
      holds[call] = { reached: reached.resolve, until: until.promise };
      return { reached: reached.promise, release: until.resolve };
    },
    /** When somebody connects the next time, before a word was said. */
    connected(): Promise<void> {
      return new Promise((resolve) => {
        onConnection = () => {
          onConnection = undefined;
          resolve();
        };
      });
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
