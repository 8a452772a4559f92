import { connect } from '../db/connect.ts';
import { createAudit } from './audit/writer.ts';
import { keyServiceOf } from './aws/kms.ts';
import { systemClock } from './clock.ts';
import type { ChildConfig } from './config/config.ts';
import type { Context } from './context.ts';
import { createLog } from './log.ts';
import { loadKeyring } from './vault/keyring-file.ts';
import { followKeyring } from './vault/live-keyring.ts';

/**
 * The context of one child process: its pool of connections, its audit chain, its log, and the keyring as it is at any
 * moment. The caller closes the connection. Rejects with `KeyringFileError` when the keyring cannot be used.
 */
export async function createContext(
  config: Pick<ChildConfig, 'databaseUrl' | 'keyringPath' | 'keyringKms' | 'logLevel' | 'publicUrl'>,
  area: string,
): Promise<Context> {
  const { databaseUrl, keyringPath, keyringKms, logLevel } = config;
  const pool = connect(databaseUrl, { name: `sallyport ${area}` });
  const log = createLog(area, logLevel);
  const service = keyServiceOf(keyringKms);
  const { keyring, stop } = await followKeyring({
    databaseUrl,
    connection: pool,
    name: `sallyport ${area} keyring`,
    read: () => loadKeyring(keyringPath, service),
    log,
  }).catch(async (error: unknown) => {
    await pool.close();
    throw error;
  });
  const close = async () => {
    await stop();
    await pool.close();
  };
  const connection = { ...pool, close };
  const clock = systemClock;
  return {
    connection,
    clock,
    log,
    keyring,
    publicUrl: config.publicUrl,
    audit: createAudit({ connection, clock }),
  };
}
