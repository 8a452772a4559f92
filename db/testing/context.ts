import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createAudit } from '../../server/audit/writer.ts';
import type { Clock } from '../../server/clock.ts';
import type { Context } from '../../server/context.ts';
import { createLog } from '../../server/log.ts';
import type { Keyring } from '../../server/vault/keyring.ts';
import type { Connection } from '../connect.ts';

/** A clock that stands still until a test moves it. Starts at the real time, because rows have defaults of the server. */
export type TestClock = Clock & { advance(ms: number): void; set(to: Date): void };

function testClock(start: Date = new Date()): TestClock {
  let nowMs = start.getTime();
  return {
    now: () => new Date(nowMs),
    advance: (ms) => {
      nowMs += ms;
    },
    set: (to) => {
      nowMs = to.getTime();
    },
  };
}

export function testKeyring(): Keyring {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    system: { id: 'test', key: randomBytes(32) },
    otherSystemKeys: [],
    recording: {
      id: 'test',
      privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    },
    authSecret: randomBytes(32).toString('base64url'),
  };
}

/** A context as an entry point would make it, silent, with a clock to move. Each call is another writer of audit events. */
export function testContext(
  connection: Connection,
  publicUrl = 'http://localhost:3000',
): Context & { clock: TestClock } {
  const clock = testClock();
  const log = createLog('test', 'silent');
  const audit = createAudit({ connection, clock });
  return { connection, clock, log, keyring: testKeyring(), publicUrl, audit };
}
