import { userInfo } from 'node:os';
import type { Connection } from '../../db/connect.ts';
import { type Administrator, listAdministrators } from '../../db/queries/people.ts';
import { createAudit } from '../audit/writer.ts';
import { systemClock } from '../clock.ts';
import { readArguments, UsageError } from '../config/command-arguments.ts';
import type { Config } from '../config/config.ts';
import { sentenceOf } from '../errors.ts';
import { type Machine, type RescueDeed, type Rescued, rescuePerson } from '../people/rescue-person.ts';
import { plainText } from '../protocol/plain-text.ts';
import { answering, type CommandAnswer, type ConfigFor, done, refused } from './command.ts';
import { assertOurs } from './data-dir.ts';

const usage = `npm run rescue -- [EMAIL] [options]

Lets an administrator in again who cannot sign in: asks for a new password, enables the account and forgets wrong
attempts. Without EMAIL it lists the administrators. It does not matter whether Sallyport runs. Only the user who owns
DATA_DIR may do this, and the audit log says that it was done at the machine.

  --make-admin      makes the person an administrator who is none
  --data-dir DIR    another DATA_DIR
  --demo            the demo

A master password is not rescued: nobody can look it up. An administrator can reset it under People, which destroys
that person's own credentials.

Ends with 0 when it is done, 1 when it was refused, 2 when it could not be carried out.`;

export type RescuePorts = {
  openDatabase(place: Pick<Config, 'dataDir' | 'databaseUrl'>): Promise<Connection | undefined>;
  /** Asks whoever sits at the terminal without showing what is typed. */
  askHidden(question: string): Promise<string>;
};

/** Carries out `npm run rescue`. */
export function rescueCommand(
  argv: readonly string[],
  configFor: ConfigFor,
  ports: RescuePorts,
): Promise<CommandAnswer> {
  return answering('The rescue could not be carried out', async () => {
    const order = parse(argv);
    if (order === 'help') return done(usage);
    const config = configFor(order.flags);
    await assertOurs(config.dataDir);
    const connection = await ports.openDatabase(config);
    if (!connection) return { status: 2, text: `There is no database in ${config.dataDir}.` };
    try {
      if (order.email === undefined) return await list(connection);
      return await rescue(connection, { ...order, email: order.email }, ports);
    } finally {
      await connection.close();
    }
  });
}

type Order = { email: string | undefined; makeAdmin: boolean; flags: string[] };

function parse(argv: readonly string[]): Order | 'help' {
  const options = { 'make-admin': { type: 'boolean' } } as const;
  const { values, positionals, flags, isHelp } = readArguments(argv, { usage, options, allowPositionals: true });
  if (isHelp) return 'help';
  const [email, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`Please give one email address.\n\n${usage}`);
  return { email, makeAdmin: values['make-admin'] ?? false, flags };
}

async function list({ db }: Connection): Promise<CommandAnswer> {
  const administrators = await listAdministrators(db);
  if (administrators.length === 0)
    return refused('Nobody administers this installation yet. Start Sallyport: it prints a link to begin with.');
  return done('Administrators:', ...administrators.map(lineOf), '', 'To let one in again: npm run rescue -- EMAIL');
}

function lineOf({ name, email, disabledAt, lastSignInAt }: Administrator): string {
  const state = disabledAt ? 'disabled' : 'enabled';
  const seen = lastSignInAt ? `signed in last on ${lastSignInAt.toISOString()}` : 'never signed in';
  return `  ${plainText(email)}  (${plainText(name)}; ${state}; ${seen})`;
}

type Asked = { email: string; makeAdmin: boolean };

async function rescue(connection: Connection, { email, makeAdmin }: Asked, ports: RescuePorts): Promise<CommandAnswer> {
  const machine: Machine = { connection, clock: systemClock, audit: createAudit({ connection, clock: systemClock }) };
  const password = await askTwice(ports);
  const { username: systemUser } = userInfo();
  const outcome = await rescuePerson(machine, { email, password, makeAdmin, systemUser });
  if (outcome.ok) return done(...told(outcome.value));
  if (outcome.code !== 'not_found') return refused(sentenceOf(outcome));
  const { text } = await list(connection);
  return refused(`Nobody has the email address ${plainText(email)}.`, text);
}

async function askTwice({ askHidden }: RescuePorts): Promise<string | null> {
  const password = await askHidden('New password (leave it empty to keep the present one): ');
  if (password === '') return null;
  if ((await askHidden('The same again: ')) !== password) throw new UsageError('The two passwords are not the same.');
  return password;
}

const deeds: Record<RescueDeed, string> = {
  password: 'has a new password, and is signed out everywhere',
  enabled: 'is enabled again',
  admin: 'is an administrator now',
  throttles: 'need not wait after wrong attempts any more',
};

function told({ name, email, did, hasMasterPassword }: Rescued): string[] {
  const who = `${plainText(name)} (${plainText(email)})`;
  if (did.length === 0) return [`${who} was an administrator who may sign in. Nothing was changed.`];
  const master = 'The master password is as it was: nobody can look it up. Under People an administrator can reset it.';
  return [`${who}:`, ...did.map((deed) => `  ${deeds[deed]}`), ...(hasMasterPassword ? [master] : [])];
}
