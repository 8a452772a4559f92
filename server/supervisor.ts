import { join } from 'node:path';
import { connect } from '../db/connect.ts';
import { createAudit } from './audit/writer.ts';
import { newAuthority } from './aws/certificates/authority.ts';
import { keyServiceOf } from './aws/kms.ts';
import { systemClock } from './clock.ts';
import { ConfigError } from './config/command-line.ts';
import type { Config } from './config/config.ts';
import { readConfig } from './config/env.ts';
import type { Context } from './context.ts';
import { type Demo, startDemo } from './demo/demo.ts';
import { createLog, type Log } from './log.ts';
import { createSetUpLink } from './people/set-up.ts';
import { keepPublicKey, readKeptPublicKey } from './recording/public-key.ts';
import { childConfig, startChildren } from './supervise/children.ts';
import { takeDataDir } from './supervise/data-dir.ts';
import { prepareDatabase } from './supervise/database.ts';
import { chooseAwsPort, choosePort } from './supervise/listen-port.ts';
import { StartError } from './supervise/start-error.ts';
import { onDrainSignal, stopSignal } from './supervise/stop-signals.ts';
import { createUnwind, type Unwind } from './supervise/unwind.ts';
import { keyringOf } from './vault/installation-keyring.ts';
import { KeyringFileError, loadKeyring } from './vault/keyring-file.ts';
import { followKeyring } from './vault/live-keyring.ts';
import { warnOfForeignSecrets } from './vault/warn-of-foreign-secrets.ts';

const rootDir = join(import.meta.dirname, '..');

/** Runs Sallyport until it is told to stop; resolves with the exit status. */
async function main(): Promise<number> {
  const stopAsked = stopSignal();
  const draining = new AbortController();
  onDrainSignal(() => draining.abort());
  const parsed = readConfig(rootDir);
  if ('help' in parsed) {
    say(parsed.help);
    return 0;
  }
  const log = createLog('supervisor', parsed.config.logLevel);
  draining.signal.addEventListener('abort', () =>
    log.warn('No new sessions are opened from here on; those that run go on'),
  );
  const unwind = createUnwind(log);
  try {
    const anyNear = parsed.config.demo && !parsed.given.has('PORT');
    const isAwsGiven = parsed.given.has('AWS_LISTEN');
    const mayReplaceKeyring = parsed.newKeyring;
    const started = start(parsed.config, {
      anyNear,
      isAwsGiven,
      mayReplaceKeyring,
      draining: draining.signal,
      log,
      unwind,
    });
    const broken = started.then(({ databaseEnded }) => databaseEnded);
    const end = await Promise.race([stopAsked, broken]);
    if (typeof end === 'string') return 0;
    log.error('PostgreSQL ended by itself, so Sallyport stops', { code: end });
    return 1;
  } finally {
    await unwind.all();
  }
}

type Start = {
  anyNear: boolean;
  isAwsGiven: boolean;
  mayReplaceKeyring: boolean;
  draining: AbortSignal;
  log: Log;
  unwind: Unwind;
};

async function start(
  asked: Config,
  { anyNear, isAwsGiven, mayReplaceKeyring, draining, log, unwind }: Start,
): Promise<{ databaseEnded: Promise<number> }> {
  const startedAt = performance.now();
  const lock = await takeDataDir(asked.dataDir);
  unwind.later('data folder', () => lock.release());
  const config = await chooseAwsPort(await choosePort(asked, { anyNear }), { isGiven: isAwsGiven });

  const database = await prepareDatabase(config, log);
  unwind.later('database', () => database.stop());
  const connection = connect(database.appUrl, { max: 2, name: 'sallyport supervisor' });
  unwind.later('database connection', () => connection.close());
  const lastPublicKeyPem = await readKeptPublicKey(config.dataDir);
  const service = keyServiceOf(config.keyringKms);
  const wanted = { path: config.keyringPath, service, lastPublicKeyPem, mayReplace: mayReplaceKeyring };
  let read = () => keyringOf(connection.db, wanted);
  const { keyring, stop } = await followKeyring({
    databaseUrl: database.appUrl,
    connection,
    name: 'sallyport supervisor keyring',
    read: () => read(),
    log,
  });
  unwind.later('keyring', stop);
  // From now on one that is gone is not made anew.
  read = () => loadKeyring(config.keyringPath, service);
  await keepPublicKey(config.dataDir, keyring.recording.publicKeyPem);
  const ctx: Context = {
    connection,
    clock: systemClock,
    log,
    keyring,
    publicUrl: config.publicUrl,
    audit: createAudit({ connection, clock: systemClock }),
  };

  await warnOfForeignSecrets(ctx);
  const demo = config.demo ? await startDemo(ctx, config, { makeAuthority: newAuthority }) : undefined;
  if (demo) unwind.later('demo', () => demo.stop());
  const allowTargets = [...config.allowTargets, ...(demo?.targets ?? [])];
  const secrets = { databaseUrl: database.appUrl, authSecret: keyring.authSecret };
  await startChildren({ config: await childConfig({ ...config, allowTargets }, secrets), log, draining }, unwind);

  say(`Started in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`);
  say(`Sallyport is ready at ${config.publicUrl}`);
  await sayNextStep(ctx, config, demo);
  return { databaseEnded: database.ended };
}

async function sayNextStep(ctx: Context, config: Config, demo: Demo | undefined): Promise<void> {
  if (demo) return say(demo.guide);
  const token = await createSetUpLink(ctx);
  if (token)
    say(`\nNobody administers it yet. Open this link once to begin:\n  ${config.publicUrl}/set-up#token=${token}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const expected = [StartError, ConfigError, KeyringFileError];

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    const sentence = expected.some((kind) => error instanceof kind);
    process.stderr.write(`${sentence ? (error as Error).message : (error instanceof Error && error.stack) || error}\n`);
    process.exit(1);
  },
);
