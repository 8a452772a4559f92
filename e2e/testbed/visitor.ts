import type { ClientOptions } from 'ws';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../../server/context.ts';
import type { ComputerGuid, SessionId } from '../../server/ids.ts';
import { issueTicket } from '../../server/launch/issue-ticket.ts';
import { Browser } from '../../server/live/testing/browser.ts';
import { whoIs } from '../../server/people/who-is.ts';
import { terminalSubprotocol, ticketSubprotocolPrefix } from '../../server/protocol/terminal-frames.ts';
import { masterPasswordOf, openSession } from './opening.ts';

export type Login = { email: string; password: string; masterPassword?: string };

/** Signs in through next-auth's own routes and answers the `Cookie` header. Throws with the reason when refused. */
export async function signInOverHttp(baseUrl: string, { email, password }: Login): Promise<string> {
  const jar = new Map<string, string>();
  const keep = (answer: Response) => {
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';', 1);
      const equals = pair.indexOf('=');
      jar.set(pair.slice(0, equals), pair.slice(equals + 1));
    }
  };
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');

  const csrf = await fetch(`${baseUrl}/api/auth/csrf`);
  keep(csrf);
  const { csrfToken } = (await csrf.json()) as { csrfToken: string };
  const answer = await fetch(`${baseUrl}/api/auth/callback/credentials`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: baseUrl, cookie: cookie() },
    body: new URLSearchParams({ csrfToken, email, password, json: 'true' }),
    redirect: 'manual',
  });
  keep(answer);
  if (!answer.ok) throw new Error(`Sign-in answered ${answer.status}: ${await answer.text()}`);
  return cookie();
}

/** An installation, as whoever tests it sees it. */
export type Place = { baseUrl: string; ctx: Context; dataDir: string };

/** Somebody who is signed in, without a browser: byte-exact where a browser is not, and quick where many are needed. */
export class Visitor {
  readonly cookie: string;
  readonly #baseUrl: string;
  readonly #ctx: Context;
  readonly #dataDir: string;
  #masterPassword: string | undefined;

  constructor({ baseUrl, ctx, dataDir }: Place, cookie: string, masterPassword?: string) {
    this.#baseUrl = baseUrl;
    this.#ctx = ctx;
    this.#dataDir = dataDir;
    this.cookie = cookie;
    this.#masterPassword = masterPassword;
  }

  static async signIn(place: Place, login: Login): Promise<Visitor> {
    return new Visitor(place, await signInOverHttp(place.baseUrl, login), login.masterPassword);
  }

  async actor(): Promise<Actor> {
    return valueIn(await whoIs(this.#ctx, this.cookie));
  }

  async request(computerGuid: string): Promise<SessionId> {
    const actor = await this.actor();
    this.#masterPassword ??= await masterPasswordOf(this.#ctx, actor.person.id);
    const opener = { ctx: this.#ctx, actor, cookieHeader: this.cookie, dataDir: this.#dataDir };
    return openSession({ ...opener, masterPassword: this.#masterPassword }, computerGuid as ComputerGuid);
  }

  async ticket(sessionId: SessionId): Promise<string> {
    return valueIn(await issueTicket(this.#ctx, await this.actor(), { sessionId })).ticket;
  }

  /** The socket of a terminal with this ticket, before anything was sent on it. */
  socket(ticket: string, options: ClientOptions = {}): Browser {
    const protocols = [terminalSubprotocol, ticketSubprotocolPrefix + ticket];
    const headers = { cookie: this.cookie };
    return new Browser(`${this.#baseUrl.replace('http', 'ws')}/ws/terminal`, protocols, {
      origin: this.#baseUrl,
      headers,
      ...options,
    });
  }

  /** Connect, ticket, socket, size: a terminal that is open. */
  async open(computerGuid: string, columns = 120, rows = 40): Promise<{ sessionId: SessionId; terminal: Browser }> {
    const sessionId = await this.request(computerGuid);
    const terminal = this.socket(await this.ticket(sessionId));
    await terminal.opened();
    terminal.resize(columns, rows);
    await terminal.control('opened');
    return { sessionId, terminal };
  }

  /** The HTTP status that a WebSocket with this ticket is refused with. */
  async refusalOf(ticket: string, options: ClientOptions = {}): Promise<number> {
    const { socket } = this.socket(ticket, options);
    return new Promise((resolve, reject) => {
      socket.once('unexpected-response', (_request, response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      socket.once('open', () => {
        socket.terminate();
        reject(new Error('The ticket was taken.'));
      });
    });
  }
}
