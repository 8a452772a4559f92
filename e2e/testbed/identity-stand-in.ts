import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { selfSigned } from '../../server/front/testing/self-signed.ts';
import { applicationKeyHeader, identityPaths } from '../../server/identity-api/contract.ts';
import { screen } from '../../server/launch/testing/launching.ts';
import type { LaunchForm } from './launch-forms.ts';

/** The example of a successful answer, as the product documents it that the contract is taken from. */
export const exampleAnswer = {
  IsPasswordSSHKey: false,
  UserName: 'Domain\\username',
  Password: 'DecryptedPassword',
  Notes: null as string | null,
  Server: 'ServerName.domain.com',
  Server2: '192.168.X.X' as string | null,
  Server3: null as string | null,
  GatewayServerDNSHostName: 'gateway.domain.com' as string | null,
  ManagementPort: 3389 as number | null,
  AllowLiveSnooping: true,
  AllowJoinRequests: false,
  AllowJoinInvites: false,
  RecordPSMSession: true,
};
export type CredentialAnswer = typeof exampleAnswer;

export type Call = { path: string; headers: IncomingHttpHeaders; body: Record<string, string> };
/** `raw` is written to the socket as it is. `hold` answers nothing until the caller has gone. */
export type Said =
  | { status: number; headers?: Record<string, string>; body?: unknown }
  | { raw: string }
  | 'hang up'
  | 'hold';
type Sayer = (call: Call) => Said;

const clientCredentials = { tokenPath: '/oauth/v2/token', clientId: 'sallyport', clientSecret: 'shh, a secret' };

/**
 * An identity system elsewhere, over https. Each launch has its own answers, so that tests do not hear one another's. It
 * honours the idempotency key: what is said twice is heard once.
 */
export class IdentityStandIn {
  readonly #server: Server;
  readonly #tls = selfSigned();
  readonly #folder = mkdtempSync(join(tmpdir(), 'sp-e2e-identity-'));
  /** By ApiApplicationKey, which a launch keeps when its token is renewed. */
  readonly #sayers = new Map<string, Sayer>();
  readonly #calls: Call[] = [];
  /** The ends that were accepted, by idempotency key. */
  readonly heard = new Map<string, Call>();
  #onCall = () => {};

  private constructor() {
    this.#server = createServer(this.#tls, (request, response) => void this.#answer(request, response));
  }

  static async open(): Promise<IdentityStandIn> {
    const api = new IdentityStandIn();
    api.#server.listen(0, '127.0.0.1');
    await once(api.#server, 'listening');
    return api;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `https://localhost:${this.port}`;
  }

  /** What the program is started with to know of this API and to trust its certificate. */
  get environment(): Record<string, string> {
    const [certificate, clients] = [join(this.#folder, 'certificate.pem'), join(this.#folder, 'clients.json')];
    writeFileSync(certificate, this.#tls.cert);
    writeFileSync(clients, JSON.stringify({ [this.url]: clientCredentials }), { mode: 0o600 });
    return { API_URLS: this.url, API_CLIENTS: clients, NODE_EXTRA_CA_CERTS: certificate };
  }

  /** A form as a shop would send it that works with this API, and how this API answers what comes of it. */
  form(
    about: { computerId: number; loginSessionId: string },
    credential: Said | Sayer,
    ending: Said | Sayer = { status: 200 },
  ): LaunchForm {
    const key = randomUUID();
    const [onCredential, onEnding] = [sayer(credential), sayer(ending)];
    this.#sayers.set(key, (call) => (call.path === identityPaths.endsession ? onEnding : onCredential)(call));
    return {
      ComputerID: String(about.computerId),
      IsPersonalCred: 'false',
      ExternalCredentialCheckOutID: randomUUID(),
      LoginSessionID: about.loginSessionId,
      ApiUrl: this.url,
      Mode: 'SSH',
      ApiKey: `token-${randomUUID()}`,
      CredentialID: randomUUID(),
      ApiApplicationKey: key,
      ...screen,
    };
  }

  /** Every call that came of this form, in the order in which they came. */
  calls({ ApiApplicationKey }: LaunchForm, call: keyof typeof identityPaths): Call[] {
    return this.#calls.filter(
      ({ path, headers }) => path === identityPaths[call] && headers[applicationKeyHeader] === ApiApplicationKey,
    );
  }

  /** Waits until so many of these calls came. */
  async called(form: LaunchForm, call: keyof typeof identityPaths, count = 1): Promise<Call[]> {
    while (this.calls(form, call).length < count) {
      await new Promise<void>((resolve) => {
        this.#onCall = resolve;
      });
    }
    return this.calls(form, call);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    rmSync(this.#folder, { recursive: true });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => '');
    const { url: path = '', headers } = request;
    const call: Call = { path, headers, body: path === clientCredentials.tokenPath ? { body } : JSON.parse(body) };
    this.#calls.push(call);
    const said = this.#sayerFor(call)(call);
    if (path === identityPaths.endsession && typeof said === 'object' && 'status' in said && said.status === 200) {
      this.heard.set(String(headers['idempotency-key']), call);
    }
    say(response, said);
    this.#onCall();
  }

  #sayerFor({ path, headers }: Call): Sayer {
    if (path === clientCredentials.tokenPath) return tokenFor;
    const found = this.#sayers.get(String(headers[applicationKeyHeader]));
    return found ?? sayer({ status: 401, body: { error: 'access_token_expired' } });
  }
}

/** The token that client credentials get. */
export const clientToken = 'token-of-the-gateway-itself';

function tokenFor({ headers, body }: Call): Said {
  const pair = [clientCredentials.clientId, clientCredentials.clientSecret].map(encodeURIComponent).join(':');
  const isRight = headers.authorization === `Basic ${Buffer.from(pair).toString('base64')}`;
  const isGrant = body.body === 'grant_type=client_credentials';
  return isRight && isGrant ? { status: 200, body: { access_token: clientToken } } : { status: 401 };
}

function sayer(said: Said | Sayer): Sayer {
  return typeof said === 'function' ? said : () => said;
}

function say(response: ServerResponse, said: Said): void {
  if (said === 'hold') return;
  if (said === 'hang up') return void response.destroy();
  if ('raw' in said) return void response.socket?.end(said.raw);
  const { status, headers, body = {} } = said;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
