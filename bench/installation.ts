import { join } from 'node:path';
import { cookieOf } from '../db/testing/cookie.ts';
import { listOf } from '../db/testing/list-queries.ts';
import { valueIn } from '../db/testing/value-in.ts';
import type { Stack } from '../e2e/stack.ts';
import { openSession } from '../e2e/testbed/opening.ts';
import type { Actor, Context } from '../server/context.ts';
import { watchSession } from '../server/desk/watch-session.ts';
import type { ComputerGuid, SessionId } from '../server/ids.ts';
import { CreateComputerInputSchema, createComputer } from '../server/inventory/create-computer.ts';
import { CreateGrantInputSchema, createGrant } from '../server/inventory/grants.ts';
import { listComputers } from '../server/inventory/list-computers.ts';
import { CreatePolicyInputSchema, createPolicy } from '../server/inventory/policies.ts';
import { issueTicket } from '../server/launch/issue-ticket.ts';
import { signIn } from '../server/people/sign-in.ts';
import { whoIs } from '../server/people/who-is.ts';
import type { Role } from '../server/protocol/session-words.ts';
import type { Unwind } from '../server/supervise/unwind.ts';

/** Somebody who is signed in, and the `Cookie` header of their browser. */
export type SignedIn = { actor: Actor; cookie: string };

export type Installation = {
  ctx: Context;
  /** The one who works at the computers, the one who looks, and one who has never had a session. */
  user: SignedIn;
  auditor: SignedIn;
  approver: SignedIn;
  /** One computer, once under a policy that requires recording and once under one without. */
  computers: { recorded: ComputerGuid; unrecorded: ComputerGuid };
  /** The computer behind both, for whoever goes there without us. */
  host: { host: string; port: number; username: string; keyPath: string };
  /** Connect: a new session, and the ticket that opens it. */
  connect(computerGuid: ComputerGuid): Promise<{ sessionId: SessionId; ticket: string }>;
  /** A ticket for the auditor to look at a running session. */
  watch(sessionId: SessionId): Promise<string>;
};

/** Signs in at a demo and adds what the figures need, by the use cases that the portal calls. */
export async function openInstallation(stack: Stack, unwind: Unwind): Promise<Installation> {
  const { dataDir } = stack;
  const ctx = await stack.context();
  unwind.later('database connection', () => ctx.connection.close());
  const admin = await enter(ctx, stack, 'admin');
  const user = await enter(ctx, stack, 'user');
  const auditor = await enter(ctx, stack, 'auditor');
  const masterPassword = loginOf(stack, 'user').masterPassword;
  const recorded = await demoComputer(ctx, admin.actor);
  const unrecorded = await addUnrecorded(ctx, { admin: admin.actor, user: user.actor }, recorded);
  const { server: host, port, username } = recorded;
  return {
    ctx,
    user,
    auditor,
    approver: await enter(ctx, stack, 'approver'),
    computers: { recorded: recorded.guid, unrecorded },
    host: { host, port, username, keyPath: join(dataDir, 'demo', 'account_key') },
    connect: async (computerGuid) => {
      const opener = { ctx, actor: user.actor, cookieHeader: user.cookie, dataDir, masterPassword };
      const sessionId = await openSession(opener, computerGuid);
      return { sessionId, ticket: valueIn(await issueTicket(ctx, user.actor, { sessionId })).ticket };
    },
    watch: async (sessionId) => valueIn(await watchSession(ctx, auditor.actor, { sessionId })).ticket,
  };
}

function loginOf({ demo }: Stack, role: Role) {
  const login = demo.people.find((person) => person.role === role);
  if (!login) throw new Error(`The demo has nobody of the role ${role}.`);
  return login;
}

async function enter(ctx: Context, stack: Stack, role: Role): Promise<SignedIn> {
  const { baseUrl } = stack;
  const { email, password } = loginOf(stack, role);
  const { loginSessionId } = valueIn(await signIn(ctx, { email, password, address: null, userAgent: 'bench' }));
  const cookie = await cookieOf(ctx, loginSessionId, baseUrl);
  return { actor: valueIn(await whoIs(ctx, cookie)), cookie };
}

type DemoComputer = { guid: ComputerGuid; server: string; port: number; credentialId: string; username: string };

async function demoComputer(ctx: Context, admin: Actor): Promise<DemoComputer> {
  const { rows } = valueIn(await listComputers(ctx, admin, listOf('name', { search: 'Build server' })));
  const found = rows.find(({ name }) => name === 'Build server');
  if (!found?.sharedCredential) throw new Error('The demo has no computer to work at.');
  return { ...found, ...found.sharedCredential };
}

async function addUnrecorded(
  ctx: Context,
  { admin, user }: { admin: Actor; user: Actor },
  { server, port, credentialId }: DemoComputer,
): Promise<ComputerGuid> {
  const name = 'Without recording';
  const computer = CreateComputerInputSchema.parse({ name, server, port, sharedCredentialId: credentialId });
  const { computerId, guid } = valueIn(await createComputer(ctx, admin, computer));
  const policy = CreatePolicyInputSchema.parse({ name, recording: 'off', allowCopy: true, allowPaste: true });
  const { policyId } = valueIn(await createPolicy(ctx, admin, policy));
  const grant = CreateGrantInputSchema.parse({ personId: user.person.id, computerId, policyId });
  valueIn(await createGrant(ctx, admin, grant));
  return guid;
}
