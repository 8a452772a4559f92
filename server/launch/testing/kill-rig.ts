import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hostKeys } from '../../../db/schema.ts';
import { aComputer, aGrant, aPerson } from '../../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../../db/testing/database.ts';
import { valueIn } from '../../../db/testing/value-in.ts';
import type { ChildConfig } from '../../config/config.ts';
import type { Context } from '../../context.ts';
import { createContext } from '../../create-context.ts';
import { askGatewayToOpen } from '../../front/control-socket.ts';
import { type CheckOutId, type LaunchId, newId, type SessionId } from '../../ids.ts';
import { Browser } from '../../live/testing/browser.ts';
import { type Host, keyOf, startHost } from '../../live/testing/live-rig.ts';
import { terminalSubprotocol, ticketSubprotocolPrefix } from '../../protocol/terminal-frames.ts';
import { type GatewayProcess, gatewayConfigIn, startGatewayProcess } from '../../testing/gateway-process.ts';
import { issueTicket } from '../issue-ticket.ts';
import { type IdentityStandIn, startIdentityStandIn } from './identity-stand-in.ts';
import { boundLaunch, screen } from './launching.ts';
import { type SignedIn, signIn } from './signed-in.ts';

const publicUrl = 'http://gateway.test';

type Parts = {
  ctx: Context;
  database: TestDatabase;
  host: Host;
  dir: string;
  api: IdentityStandIn;
  aim: { port: number };
  config: ChildConfig;
};

/** A launch that waits for its master password, and whose it is. */
export type Waiting = SignedIn & { launchId: LaunchId };

/**
 * A gateway as a process of its own that can be killed at any moment and started again, on a real database, between a real
 * identity system elsewhere and a real sshd. Whatever is to be arranged or seen goes past it.
 */
export class KillRig {
  readonly ctx: Context;
  readonly api: IdentityStandIn;
  /** Where the identity system says that the computer is: where it is, until a test says otherwise. */
  readonly aim: { port: number };
  readonly #parts: Parts;
  #gateway: GatewayProcess | undefined;

  private constructor(parts: Parts) {
    this.ctx = parts.ctx;
    this.api = parts.api;
    this.aim = parts.aim;
    this.#parts = parts;
  }

  static async open(): Promise<KillRig> {
    const dir = mkdtempSync(join(tmpdir(), 'sp-kill-'));
    const database = await testDatabase();
    const usual = await gatewayConfigIn(dir, { databaseUrl: database.appUrl, publicUrl });
    const ctx = await createContext({ ...usual, logLevel: 'silent' }, 'test');
    const host = await startHost(dir, ctx.log);
    const aim = { port: host.sshd.port };
    const signIn = { IsPasswordSSHKey: true, UserName: host.account, Password: host.privateKey };
    const api = await startIdentityStandIn(() => ({ ...signIn, Server: 'localhost', ManagementPort: aim.port }));
    writeFileSync(join(dir, 'authority.pem'), api.certificate);
    await ctx.connection.db.insert(hostKeys).values({ server: 'localhost', port: aim.port, ...keyOf(host.sshd) });
    const config = { ...usual, apiUrls: [api.url], allowTargets: ['localhost'] };
    const rig = new KillRig({ ctx, database, host, dir, api, aim, config });
    await rig.start();
    return rig;
  }

  async start(): Promise<void> {
    const { config, dir } = this.#parts;
    this.#gateway = await startGatewayProcess(config, { NODE_EXTRA_CA_CERTS: join(dir, 'authority.pem') });
    if (this.#gateway.first.type !== 'ready') throw new Error(`The gateway did not start:\n${this.#gateway.log()}`);
  }

  async kill(): Promise<void> {
    await this.#gateway?.kill();
  }

  async launch(): Promise<Waiting> {
    const { db } = this.ctx.connection;
    const person = await aPerson(db);
    const signedIn = await signIn(this.ctx, person);
    const computer = await aComputer(db);
    await aGrant(db, { personId: person.id, computerId: computer.id });
    const form = {
      ComputerID: String(computer.id),
      IsPersonalCred: 'false',
      ExternalCredentialCheckOutID: newId<CheckOutId>(),
      LoginSessionID: signedIn.actor.login.id,
      ApiUrl: this.api.url,
      Mode: 'SSH',
      ApiKey: 'their.access-token',
      CredentialID: '0b7b0f0e-6d38-4b8c-9d8f-0f3f8f2d0c11',
      ApiApplicationKey: '5f0d0f0e-6d38-4b8c-9d8f-0f3f8f2d0c12',
      ...screen,
    };
    return { ...signedIn, launchId: await boundLaunch(this.ctx, signedIn.actor, form, [this.api.url]) };
  }

  /** Types the master password; answers what the gateway does, `unavailable` when it is killed meanwhile. */
  ask({ launchId, cookieHeader }: Waiting) {
    return askGatewayToOpen(this.#parts.config.gatewaySocket, {
      launchId,
      password: 'their master password',
      cookieHeader,
    });
  }

  async given(waiting: Waiting): Promise<SessionId> {
    return valueIn(await this.ask(waiting)).sessionId as SessionId;
  }

  async ticket({ actor }: Waiting, sessionId: SessionId): Promise<string> {
    return valueIn(await issueTicket(this.ctx, actor, { sessionId })).ticket;
  }

  /** A browser at the WebSocket, as soon as it is open. */
  async browser({ cookieHeader }: Waiting, ticket: string): Promise<Browser> {
    const url = `ws://127.0.0.1:${this.#gateway?.port}/ws/terminal`;
    const headers = { cookie: cookieHeader, host: new URL(publicUrl).host };
    const protocols = [terminalSubprotocol, ticketSubprotocolPrefix + ticket];
    const browser = new Browser(url, protocols, { origin: publicUrl, headers });
    await browser.opened();
    browser.resize(80, 24);
    return browser;
  }

  /** Somebody at work: the host answered, and the database knows. */
  async atWork(waiting: Waiting): Promise<{ sessionId: SessionId; browser: Browser }> {
    const sessionId = await this.given(waiting);
    const browser = await this.browser(waiting, await this.ticket(waiting, sessionId));
    await browser.control('opened');
    await this.until(async () => (await this.sessionOf(waiting)).state === 'active');
    return { sessionId, browser };
  }

  async sessionOf({ launchId }: Waiting): Promise<{ id: SessionId; state: string; end_reason: string | null }> {
    const [row] = await this.ctx.connection.sql<{ id: SessionId; state: string; end_reason: string | null }[]>`
      select s.id, s.state, s.end_reason from launches l join sessions s on s.id = l.session_id
      where l.id = ${launchId}`;
    if (!row) throw new Error('This launch has no session.');
    return row;
  }

  /** Holds a lock of the database while `work` is done, so that the gateway comes as far as a statement with `words`, and kills it there. */
  async killAt(lock: string, words: string, work: () => unknown): Promise<void> {
    await this.ctx.connection.sql.begin(async (tx) => {
      await tx.unsafe(lock);
      const doing = Promise.resolve(work());
      await this.until(() => this.#isWaiting(words));
      await this.kill();
      await doing;
    });
  }

  /** Resolves when `check` answers yes. */
  async until(check: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + 30_000;
    while (!(await check())) {
      if (performance.now() > deadline) throw new Error(`It did not come so far:\n${this.#gateway?.log()}`);
      await pause(20);
    }
  }

  async close(): Promise<void> {
    await this.kill();
    this.api.close();
    await this.#parts.host.stop();
    await this.ctx.connection.close();
    await this.#parts.database.close();
    rmSync(this.#parts.dir, { recursive: true, force: true });
  }

  async #isWaiting(words: string): Promise<boolean> {
    const rows = await this.#parts.database.connection.sql`
      select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
      and application_name like 'sallyport gateway%' and query ilike ${`%${words}%`}`;
    return rows.length > 0;
  }
}
