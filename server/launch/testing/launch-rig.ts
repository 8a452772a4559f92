import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eq } from 'drizzle-orm';
import { insertCredentialTarget } from '../../../db/queries/credential-targets.ts';
import { insertSecret } from '../../../db/queries/secrets.ts';
import { credentials } from '../../../db/schema.ts';
import { aComputer, aCredential, aGrant, aPerson, aPolicy } from '../../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../../db/testing/database.ts';
import type { Context } from '../../context.ts';
import { answerEndSession, answerGetCredential } from '../../identity-api/answer.ts';
import { assertionKeys } from '../../identity-api/assertion.ts';
import { createIdentityClient, type IdentityClientOptions } from '../../identity-api/client.ts';
import { identityPaths } from '../../identity-api/contract.ts';
import type { SessionId } from '../../ids.ts';
import { sealCredential } from '../../vault/credential-secret.ts';
import { withMasterPassword } from '../../vault/testing/master-password.ts';
import type { ConnectionObject } from '../connection-object.ts';
import { signIn } from './signed-in.ts';

export const storedPassword = 'only the gateway may see this';

/** The built-in identity API on a Unix socket, as the portal serves it, and everything that came there. */
async function serveBuiltIn(ctx: () => Context) {
  const folder = mkdtempSync(join(tmpdir(), 'sp-identity-'));
  const socketPath = join(folder, 'portal.sock');
  const seen: { path: string; headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    seen.push({ path: request.url ?? '', headers: request.headers, body });
    const answer = request.url === identityPaths.getcredential ? answerGetCredential : answerEndSession;
    const header = (name: string) => request.headers[name]?.toString();
    const { status, headers, body: said } = await answer(ctx(), { header, body, address: '192.0.2.7' });
    response.writeHead(status, headers).end(JSON.stringify(said));
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    socketPath,
    seen,
    async close() {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Somebody with a master password, a computer with a shared credential that opens, and a grant on it. */
export async function aReadyPerson(
  ctx: Context,
  { masterPassword: rule = 'each_time' as 'each_time' | 'browser_session' } = {},
) {
  const { db } = ctx.connection;
  const person = await aPerson(db);
  await withMasterPassword(ctx, person.id);
  const signedIn = await signIn(ctx, person);
  const credential = await aCredential(db, { username: 'operator' });
  const sealed = sealCredential(ctx.keyring, credential.id, { type: 'password', password: storedPassword });
  await insertSecret(db, sealed);
  await db.update(credentials).set({ secretId: sealed.id }).where(eq(credentials.id, credential.id));
  const computer = await aComputer(db, { server: 'db1.example', port: 2222, sharedCredentialId: credential.id });
  const { server, port } = computer;
  await insertCredentialTarget(db, { credentialId: credential.id, server, port });
  const policy = await aPolicy(db, { masterPassword: rule });
  const grant = await aGrant(db, { personId: person.id, computerId: computer.id, policyId: policy.id });
  return { ...signedIn, person, computer, credential, policy, grant };
}

export type LaunchRig = Awaited<ReturnType<typeof startLaunchRig>>;

/** A real database, the built-in identity API over real HTTP, the gateway's client of it, and what it holds. */
export async function startLaunchRig(more: Partial<IdentityClientOptions> = {}) {
  const database: TestDatabase = await testDatabase();
  const ctx = database.context();
  const builtIn = await serveBuiltIn(() => ctx);
  const held = new Map<SessionId, ConnectionObject>();
  const client = createIdentityClient({
    publicUrl: ctx.publicUrl,
    portalSocket: builtIn.socketPath,
    apiUrls: [],
    clientsOf: () => undefined,
    assertionKey: assertionKeys(ctx.keyring.authSecret).privateKey,
    rules: () => ({ allowTargets: [], ownPorts: [] }),
    clock: ctx.clock,
    ...more,
  });
  const hold = (id: SessionId, connection: ConnectionObject) => void held.set(id, connection);
  return {
    database,
    ctx,
    builtIn,
    client,
    held,
    ports: { getCredential: client.getCredential, hold },
    async close() {
      await builtIn.close();
      await database.close();
    },
  };
}
