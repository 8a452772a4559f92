import { findWaitingLink } from '../../db/queries/master-password-links.ts';
import { findPersonByEmail } from '../../db/queries/people.ts';
import { deletePersonKey, findPersonKey, insertPersonKey } from '../../db/queries/person-keys.ts';
import { deletePersonalCredentials } from '../../db/queries/personal-credentials.ts';
import type { Context } from '../context.ts';
import type { PersonId } from '../ids.ts';
import { createPersonKey } from '../vault/person-key.ts';
import type { PreparedLogin } from './demo-people.ts';

/**
 * Gives everybody the master password that is written down for them. Whoever has one keeps it, unless what was written
 * down is lost: then nobody knows it any more, and what it sealed goes with it.
 */
export async function seedMasterPasswords(ctx: Context, logins: readonly PreparedLogin[]): Promise<void> {
  for (const { email, masterPassword, known } of logins) {
    const person = await findPersonByEmail(ctx.connection.db, email);
    if (person) await seedOne(ctx, { personId: person.id, masterPassword, known });
  }
}

type Wanted = Pick<PreparedLogin, 'masterPassword' | 'known'> & { personId: PersonId };

async function seedOne(ctx: Context, { personId, masterPassword, known }: Wanted): Promise<void> {
  const { db } = ctx.connection;
  const present = await findPersonKey(db, personId);
  if (known && (present || (await findWaitingLink(db, personId)))) return;
  const key = await createPersonKey(ctx.keyring, personId, masterPassword);
  await ctx.audit.transact(async (tx, record) => {
    await deletePersonalCredentials(tx, personId);
    await deletePersonKey(tx, personId);
    await insertPersonKey(tx, key, ctx.clock.now());
    record({ kind: 'master_password.set', subject: { personId, byLink: false } });
  });
}
