import { afterAll, beforeAll } from 'vitest';
import { findCredentialFor, maySecretGoTo } from '../../../db/queries/credential-targets.ts';
import { aCredential, anActor } from '../../../db/testing/builders.ts';
import { testContext } from '../../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../../db/testing/database.ts';
import { listOf } from '../../../db/testing/list-queries.ts';
import { valueIn } from '../../../db/testing/value-in.ts';
import type { Actor } from '../../context.ts';
import { type ComputerId, type CredentialId, newId } from '../../ids.ts';
import { approveHostKey } from '../approve-host-key.ts';
import { ChangeComputerInputSchema, changeComputer } from '../change-computer.ts';
import { ConfirmTargetInputSchema, confirmTarget, listWaitingTargets } from '../confirm-target.ts';
import { CreateComputerInputSchema, createComputer } from '../create-computer.ts';

// Whoever imports this gets a database of its own, with three administrators.
export let database: TestDatabase;
export let ctx: ReturnType<typeof testContext>;
/** Entered the secrets. */
export let keeper: Actor;
/** Wants to read one. */
export let mallory: Actor;
export let second: Actor;

beforeAll(async () => {
  database = await testDatabase();
  ctx = testContext(database.connection);
  [keeper, mallory, second] = (await Promise.all(
    ['Keeper', 'Mallory', 'Second'].map((name) => anActor(database.connection.db, ['admin'], { name })),
  )) as [Actor, Actor, Actor];
});

afterAll(() => database.close());

export const db = () => database.connection.db;
export const host = () => `${newId().slice(-12)}.example`;
const fieldsOf = (server: string, given: object) => ({ name: newId(), server, port: 22, ...given });

export async function secretOf(actor: Actor | null = keeper): Promise<CredentialId> {
  return (await aCredential(db(), { secretEnteredBy: actor?.person.id ?? null })).id;
}

export async function computerAt(actor: Actor, server: string, given: object) {
  return valueIn(await createComputer(ctx, actor, CreateComputerInputSchema.parse(fieldsOf(server, given))));
}

export async function moved(actor: Actor, computerId: ComputerId, server: string, given: object) {
  const input = ChangeComputerInputSchema.parse({ computerId, ...fieldsOf(server, given) });
  return valueIn(await changeComputer(ctx, actor, input));
}

/** What would be released at this address; `undefined` when nothing would. */
export async function atRelease(computerId: ComputerId, credentialId: CredentialId, server: string, port = 22) {
  const found = await findCredentialFor(db(), { computerId, credentialId, server, port });
  return found && (found.suspended ? 'waits' : 'given');
}

export const mayGo = (credentialId: CredentialId, server: string, fingerprint?: string) =>
  maySecretGoTo(db(), { credentialId, server, port: 22, ...(fingerprint && { fingerprint }) });

export async function waitingAt(server: string) {
  return valueIn(await listWaitingTargets(ctx, second, listOf('since', { search: server }))).rows;
}

export async function confirm(actor: Actor, server: string, over: object = {}) {
  const [row] = await waitingAt(server);
  return confirmTarget(ctx, actor, ConfirmTargetInputSchema.parse({ ...row, ...over }));
}

const keyOf = (fingerprint: string) => ({ keyType: 'ssh-ed25519', publicKey: new Uint8Array([1]), fingerprint });

export async function approve(actor: Actor, computerId: ComputerId, fingerprint: string, server?: string) {
  const scan = async () => ({ ok: true as const, key: keyOf(fingerprint) });
  return valueIn(await approveHostKey(ctx, actor, { computerId, fingerprint, server }, scan));
}

export async function evidenceAt(server: string) {
  const rows = await database.connection.sql<{ kind: string; actor_id: string; subject: Record<string, unknown> }[]>`
    select kind, actor_id, subject from audit_events where subject ->> 'server' = ${server} order by seq`;
  return rows.map(({ kind, actor_id, subject }) => ({ kind, actor: actor_id, ...subject }));
}
