import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Context } from '../context.ts';
import type { ProxyAuthority } from '../vault/proxy-authority.ts';
import { seedAws } from './demo-aws.ts';
import { type ComputersSeed, demoTargets, earlierPort, seedComputers } from './demo-computers.ts';
import { type DemoFile, readDemoFile, writeDemoFile } from './demo-file.ts';
import { seedGrants } from './demo-grants.ts';
import { seedMasterPasswords } from './demo-master-passwords.ts';
import { type PreparedLogin, prepareLogins, seedPeople } from './demo-people.ts';
import { demoGuide } from './guide.ts';
import { type MachineAccount, machineAccount } from './machine-account.ts';
import { ensureKeyPair, type PrivateSshd, type SshdOptions, startPrivateSshd } from './private-sshd.ts';
import { terminalProblem } from './terminals.ts';

export type Demo = {
  /** To be added to what the gateway may dial although it is loopback. */
  targets: string[];
  /** What to click, for the terminal. */
  guide: string;
  stop(): Promise<void>;
};

/** `makeAuthority` makes the certificate authority of the AWS proxy. */
export type DemoPorts = { makeAuthority(now: Date): ProxyAuthority };

/** People of every role, and computers behind a real sshd of our own; writes DATA_DIR/demo.json. */
export async function startDemo(ctx: Context, config: Config, ports: DemoPorts): Promise<Demo> {
  const folder = join(config.dataDir, 'demo');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const previous = await readDemoFile(config.dataDir);
  const account = await machineAccount();
  const keyPath = join(folder, 'account_key');
  await ensureKeyPair(keyPath, 'sallyport-demo');
  const sshd = await startSshd(ctx, {
    dir: join(folder, 'sshd'),
    accounts: [{ name: account.name, authorizedKeys: [await readFile(`${keyPath}.pub`, 'utf8')] }],
    passwords: account.password !== undefined,
    log: ctx.log,
  });
  try {
    const logins = await prepareLogins(previous);
    const privateKey = await readFile(keyPath, 'utf8');
    const computers = await seed(ctx, { logins, sshd, account, privateKey, previous });
    await seedMasterPasswords(ctx, logins);
    const aws = await seedAws(ctx, config, { previous, ...ports });
    const people = logins.map(asLogin);
    const content = { baseUrl: config.publicUrl, people, computers, ...(aws && { aws: aws.file }) };
    await writeDemoFile(config.dataDir, content);
    return {
      targets: [...demoTargets(sshd), ...(aws?.targets ?? [])],
      guide: demoGuide(content, noticesFor(account)),
      stop: sshd.stop,
    };
  } catch (error) {
    await sshd.stop();
    throw error;
  }
}

/** On the port of the earlier start when that is free: then the host key that people saw is still the right one. */
async function startSshd(ctx: Context, options: SshdOptions): Promise<PrivateSshd> {
  const port = await earlierPort(ctx.connection.db);
  if (!port) return startPrivateSshd(options);
  return startPrivateSshd({ ...options, port }).catch(() => startPrivateSshd(options));
}

type Seed = Pick<ComputersSeed, 'sshd' | 'account' | 'privateKey' | 'previous'> & { logins: PreparedLogin[] };

async function seed(ctx: Context, { logins, ...rest }: Seed): Promise<DemoFile['computers']> {
  const now = ctx.clock.now();
  return ctx.audit.transact(async (tx, record) => {
    const people = await seedPeople(tx, record, logins);
    const pinnedBy = people.ids.admin;
    const computers = await seedComputers(tx, record, { ...rest, keyring: ctx.keyring, pinnedBy, now });
    await seedGrants(tx, record, { people, computers, now });
    return computers.map(({ id, guid, name, mode }) => ({ id, guid, name, mode }));
  });
}

function asLogin({ role, email, password, masterPassword }: PreparedLogin): DemoFile['people'][number] {
  return { role, email, password, masterPassword };
}

function noticesFor({ name, password }: MachineAccount): string[] {
  if (password) return [];
  const problem = terminalProblem();
  return [
    `demo sessions are shells of your own account (${name}), because this was not started by root.\n` +
      '        Whoever signs in to this demo can do what you can do.',
    ...(problem ? [problem] : []),
  ];
}
