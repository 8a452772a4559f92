import { countSecretsNotFor } from '../../db/queries/secrets.ts';
import type { Context } from '../context.ts';
import { systemKeyIds } from './keyring.ts';

/**
 * Says at start up that secrets were sealed with another keyring, as after KEYRING_PATH moved or its file was lost and
 * made anew. Only a warning: whoever lost it for good must still be able to enter the credentials again.
 */
export async function warnOfForeignSecrets(ctx: Context): Promise<void> {
  const count = await countSecretsNotFor(ctx.connection.db, systemKeyIds(ctx.keyring));
  if (count === 0) return;
  ctx.log.warn(
    `The keyring cannot open ${count} stored credential(s), because they were sealed with another one. Put that keyring back at KEYRING_PATH, or enter the credentials again.`,
    { code: 'keyring_foreign' },
  );
}
