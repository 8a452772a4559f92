import { randomBytes } from 'node:crypto';
import { insertHostKey } from '../../db/queries/host-keys.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../../server/context.ts';
import type { PrivateSshd } from '../../server/demo/private-sshd.ts';
import type { ComputerGuid, ComputerId, CredentialId, GrantId, PersonId, PolicyId } from '../../server/ids.ts';
import { CreateComputerInputSchema, createComputer } from '../../server/inventory/create-computer.ts';
import { createCredential } from '../../server/inventory/create-credential.ts';
import { CreateCredentialInputSchema } from '../../server/inventory/credential-input.ts';
import { CreateGrantInputSchema, createGrant } from '../../server/inventory/grants.ts';
import { type CreatePolicyInput, CreatePolicyInputSchema, createPolicy } from '../../server/inventory/policies.ts';
import { createPerson } from '../../server/people/create-person.ts';
import type { Role } from '../../server/protocol/session-words.ts';
import type { Account } from './account.ts';
import { masterPasswordOf } from './opening.ts';
import type { Login } from './visitor.ts';

export type NewPerson = Login & { id: PersonId; name: string };
export type NewComputer = { id: ComputerId; guid: ComputerGuid; name: string };

let made = 0;
/** A name that nothing else in this installation has. */
export function newName(what: string): string {
  made += 1;
  return `${what} ${made} ${randomBytes(2).toString('hex')}`;
}

/** What an administrator arranges before a test begins, through the use cases that the forms call. */
export class Administration {
  readonly ctx: Context;
  readonly actor: Actor;
  readonly #account: Account;

  constructor(ctx: Context, actor: Actor, account: Account) {
    this.ctx = ctx;
    this.actor = actor;
    this.#account = account;
  }

  async person(roles: Role[] = ['user']): Promise<NewPerson> {
    const name = newName('Person');
    const login = {
      email: `${name.toLowerCase().replaceAll(' ', '.')}@e2e.example`,
      password: `Sesame ${randomBytes(8).toString('hex')}`,
    };
    const { personId } = valueIn(await createPerson(this.ctx, this.actor, { name, roles, ...login }));
    return { id: personId, name, ...login };
  }

  async credential(secret: Secret): Promise<CredentialId> {
    const names = { name: newName('Credential'), username: this.#account.name };
    const input = CreateCredentialInputSchema.parse({ ...names, ...secret });
    return valueIn(await createCredential(this.ctx, this.actor, input)).credentialId;
  }

  /** A computer at this host. Its key is pinned, unless somebody is to be asked about it. */
  async computer(host: Host, options: ComputerOptions = {}): Promise<NewComputer> {
    const { secret = { type: 'ssh_key', privateKey: this.#account.privateKey }, pinned = true, ...fields } = options;
    const name = newName('Computer');
    const input = CreateComputerInputSchema.parse({
      name,
      mode: 'SSH',
      server: '127.0.0.1',
      port: host.port,
      sharedCredentialId: await this.credential(secret),
      ...fields,
    });
    const { computerId, guid } = valueIn(await createComputer(this.ctx, this.actor, input));
    if (pinned) await this.pin(host);
    return { id: computerId, guid, name };
  }

  /** Pins the key that this host shows, if none is pinned for its address. */
  async pin({ port, hostPublicKey, hostKeyFingerprint }: Host, server = '127.0.0.1') {
    const [keyType = '', blob = ''] = hostPublicKey.split(' ');
    await insertHostKey(this.ctx.connection.db, {
      server,
      port,
      keyType,
      publicKey: Buffer.from(blob, 'base64'),
      fingerprint: hostKeyFingerprint,
      pinnedBy: this.actor.person.id,
      pinnedAt: this.ctx.clock.now(),
    });
  }

  async policy(change: Partial<CreatePolicyInput> = {}): Promise<PolicyId> {
    const input = CreatePolicyInputSchema.parse({ name: newName('Policy'), ...change });
    return valueIn(await createPolicy(this.ctx, this.actor, input)).policyId;
  }

  /** The right to a computer, and a master password to use it with for somebody who has none. */
  async grant(person: NewPerson, computer: NewComputer, policy: Partial<CreatePolicyInput> = {}): Promise<GrantId> {
    await masterPasswordOf(this.ctx, person.id);
    const policyId = await this.policy(policy);
    const input = CreateGrantInputSchema.parse({ personId: person.id, computerId: computer.id, policyId });
    return valueIn(await createGrant(this.ctx, this.actor, input)).grantId;
  }
}

export type Secret =
  | { type: 'password'; password: string }
  | { type: 'ssh_key'; privateKey: string; passphrase?: string };
export type ComputerOptions = { secret?: Secret; pinned?: boolean; server?: string; port?: number };
export type Host = Pick<PrivateSshd, 'port' | 'hostPublicKey' | 'hostKeyFingerprint'>;
