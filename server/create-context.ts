import { connect } from '../db/connect.ts';
import { createAudit } from './audit/writer.ts';
import { systemClock } from './clock.ts';
import type { ChildConfig } from './config/config.ts';
import type { Context } from './context.ts';
import { createLog } from './log.ts';
import { loadKeyring } from './vault/keyring-file.ts';

/** The context of one child process: its pool of connections, its audit chain, its log. The caller closes the connection. */
export async function createContext(
  config: Pick<ChildConfig, 'databaseUrl' | 'keyringPath' | 'logLevel' | 'publicUrl'>,
  area: string,
): Promise<Context> {
  const keyring = await loadKeyring(config.keyringPath);
  const connection = connect(config.databaseUrl, { name: `sallyport ${area}` });
  const clock = systemClock;
  return {
    connection,
    clock,
    log: createLog(area, config.logLevel),
    keyring,
    publicUrl: config.publicUrl,
    audit: createAudit({ connection, clock }),
  };
}
