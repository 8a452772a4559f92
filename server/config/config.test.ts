/**
 * Flags win over variables, those over DATA_DIR/config.json, those over defaults. What cannot be meant is refused with
 * a sentence that says what to do, before anything is started; the sentence never repeats a password.
 */
import { describe, expect, it } from 'vitest';
import { ConfigError, helpText } from './command-line.ts';
import { type Config, parseConfig, type Sources, withPort } from './config.ts';
import { settings } from './settings.ts';

type Given = { argv?: string[]; env?: Sources['env']; files?: Record<string, string> };

function parse({ argv = [], env = {}, files = {} }: Given) {
  return parseConfig({ argv, env, readFile: (path) => files[path], rootDir: '/app', workDir: '/app' });
}

const tls = { TLS_CERT: 'cert.pem', TLS_KEY: '/etc/key.pem' };
const kmsKey = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const database = { DATABASE_URL: 'postgres://app:x@db/s', DATABASE_OWNER_URL: 'postgres://owner:x@db/s' };

it('needs nothing: every setting has a default', () => {
  const { config, given } = parse({});
  expect(config).toEqual({
    demo: false,
    dev: false,
    rootDir: '/app',
    dataDir: '/app/.sallyport',
    recordingsDir: '/app/recordings',
    listen: '127.0.0.1',
    port: 3000,
    publicUrl: 'http://localhost:3000',
    tls: null,
    trustProxy: [],
    databaseUrl: null,
    databaseOwnerUrl: null,
    keyringPath: '/app/.sallyport/keyring.json',
    auditAnchorPath: '/app/.sallyport/audit-anchors.ndjson',
    keyringKms: null,
    allowTargets: [],
    apiUrls: [],
    awsListen: { host: '127.0.0.1', port: 8081 },
    demoAws: null,
    apiClientsPath: null,
    allowQueryLaunch: false,
    metricsToken: null,
    logLevel: 'info',
  } satisfies Config);
  expect(given.size).toBe(0);
});

const accepted: [string, Given, Partial<Config>][] = [
  ['a flag with a blank', { argv: ['--port', '4000'] }, { port: 4000, publicUrl: 'http://localhost:4000' }],
  ['a flag with =', { argv: ['--port=0'] }, { port: 0 }],
  ['a variable', { env: { PORT: '4001' } }, { port: 4001 }],
  ['an empty variable as none', { env: { PORT: '', TLS_CERT: '' } }, { port: 3000, tls: null }],
  ['a flag over a variable', { argv: ['--port', '1'], env: { PORT: '2' } }, { port: 1 }],
  [
    'the file',
    { files: { '/app/.sallyport/config.json': '{"PORT": 5, "LOG_LEVEL": "warn"}' } },
    { port: 5, logLevel: 'warn' },
  ],
  [
    'a variable over the file',
    { env: { PORT: '6' }, files: { '/app/.sallyport/config.json': '{"PORT": "5"}' } },
    { port: 6 },
  ],
  [
    'a file elsewhere, found by DATA_DIR, with paths relative to it',
    { env: { DATA_DIR: '/srv/s' }, files: { '/srv/s/config.json': '{"TLS_CERT": "c.pem", "TLS_KEY": "k.pem"}' } },
    { tls: { certPath: '/srv/s/c.pem', keyPath: '/srv/s/k.pem' }, recordingsDir: '/srv/s/recordings' },
  ],
  [
    '--demo, with a folder of its own',
    { argv: ['--demo'] },
    { demo: true, dataDir: '/app/.sallyport-demo', recordingsDir: '/app/.sallyport-demo/recordings' },
  ],
  [
    'TLS, with https as its public URL',
    { env: tls },
    { publicUrl: 'https://localhost:3000', tls: { certPath: '/app/cert.pem', keyPath: '/etc/key.pem' } },
  ],
  [
    'TLS on the port of https, which no origin names',
    { env: { ...tls, PORT: '443' } },
    { publicUrl: 'https://localhost' },
  ],
  ['all addresses with TLS', { env: { ...tls, LISTEN: '0.0.0.0' } }, { listen: '0.0.0.0' }],
  [
    'all addresses behind a proxy',
    { env: { LISTEN: '::', TRUST_PROXY: '10.0.0.0/8, ::1' } },
    { listen: '::', trustProxy: ['10.0.0.0/8', '::1'] },
  ],
  [
    'an https origin behind a proxy',
    { env: { PUBLIC_URL: 'https://S.Example.com:443/', TRUST_PROXY: '127.0.0.1' } },
    { publicUrl: 'https://s.example.com' },
  ],
  ['localhost as an address', { env: { LISTEN: 'localhost' } }, { listen: '127.0.0.1' }],
  ['IPv6 loopback', { argv: ['--demo', '--listen', '::1'] }, { listen: '::1' }],
  [
    'a database with its owner',
    { env: database },
    { databaseUrl: database.DATABASE_URL, databaseOwnerUrl: database.DATABASE_OWNER_URL },
  ],
  ['an AWS proxy for others', { env: { AWS_LISTEN: '0.0.0.0:9000' } }, { awsListen: { host: '0.0.0.0', port: 9000 } }],
  ['an AWS proxy on IPv6', { argv: ['--aws-listen', '[::1]:0'] }, { awsListen: { host: '::1', port: 0 } }],
  [
    'an AWS for the demo',
    {
      argv: ['--demo'],
      env: {
        DEMO_AWS_ENDPOINT: 'http://127.0.0.1:4566/',
        DEMO_AWS_ACCESS_KEY_ID: 'test',
        DEMO_AWS_SECRET_ACCESS_KEY: 'secret',
      },
    },
    { demoAws: { endpoint: 'http://127.0.0.1:4566', accessKeyId: 'test', secretAccessKey: 'secret' } },
  ],
  [
    'one by the name of this machine',
    { env: { AWS_LISTEN: 'localhost:1' } },
    { awsListen: { host: '127.0.0.1', port: 1 } },
  ],
  [
    'targets',
    { env: { ALLOW_TARGETS: '127.0.0.1:22, host.example,[::1]:22,10.0.0.0/8' } },
    { allowTargets: ['127.0.0.1:22', 'host.example', '[::1]:22', '10.0.0.0/8'] },
  ],
  [
    'a KMS key by its ARN, which says where it is',
    { env: { KEYRING_KMS_KEY: kmsKey } },
    { keyringKms: { keyId: kmsKey, region: 'eu-central-1', endpoint: null } },
  ],
  [
    'a KMS key by an alias, with its region and a way to it',
    {
      argv: ['--keyring-kms-key', 'alias/sallyport', '--keyring-kms-region', 'us-gov-west-1'],
      env: { KEYRING_KMS_ENDPOINT: 'https://vpce-1.kms.example' },
    },
    { keyringKms: { keyId: 'alias/sallyport', region: 'us-gov-west-1', endpoint: 'https://vpce-1.kms.example' } },
  ],
  [
    'a token for figures',
    { env: { METRICS_TOKEN: 'abcdefghijklmnopqrstuvwx' } },
    { metricsToken: 'abcdefghijklmnopqrstuvwx' },
  ],
  [
    'a KMS key by its id, where the machine knows the region',
    { env: { KEYRING_KMS_KEY: 'mrk-1234abcd12ab34cd56ef1234567890ab' } },
    { keyringKms: { keyId: 'mrk-1234abcd12ab34cd56ef1234567890ab', region: null, endpoint: null } },
  ],
];

it.each(accepted)('takes %s', (_what, given, expected) => {
  expect(parse(given).config).toMatchObject(expected);
});

const refused: [string, Given, RegExp][] = [
  ['a token that can be guessed', { env: { METRICS_TOKEN: 'short' } }, /METRICS_TOKEN must be 24 to 256/],
  ['a token that no header takes', { env: { METRICS_TOKEN: `${'a'.repeat(24)} b` } }, /METRICS_TOKEN must be/],
  ['an unknown flag', { argv: ['--prot', '1'] }, /no flag --prot.*--help/],
  ['a word that is no flag', { argv: ['demo'] }, /"demo" is not a flag/],
  ['a flag without its value', { argv: ['--port'] }, /--port needs a value/],
  ['a flag in the place of a value', { argv: ['--data-dir', '--demo'] }, /--data-dir needs a value/],
  ['a value for a switch', { argv: ['--demo=no'] }, /--demo takes no value/],
  ['a flag given twice', { argv: ['--port', '1', '--port', '2'] }, /given twice/],
  ['a port that is none', { env: { PORT: '70000' } }, /^PORT must be a number/],
  ['a port with a sign', { env: { PORT: '-1' } }, /^PORT must be/],
  ['a host name to listen on', { env: { LISTEN: 'example.com' } }, /^LISTEN must be an IP address/],
  [
    'a public URL with a path',
    { env: { PUBLIC_URL: 'http://localhost:3000/sally' } },
    /^PUBLIC_URL must be an origin without path/,
  ],
  ['a public URL with a query', { env: { PUBLIC_URL: 'http://localhost:3000/?a' } }, /^PUBLIC_URL/],
  ['a public URL with a user', { env: { PUBLIC_URL: 'http://me@localhost:3000' } }, /^PUBLIC_URL/],
  ['a public URL of another protocol', { env: { PUBLIC_URL: 'javascript:alert(1)' } }, /^PUBLIC_URL/],
  ['a proxy that is no address', { env: { TRUST_PROXY: 'proxy.local' } }, /^TRUST_PROXY must list/],
  ['a range that is too long', { env: { TRUST_PROXY: '10.0.0.0/33' } }, /^TRUST_PROXY/],
  ['a level that does not exist', { env: { LOG_LEVEL: 'loud' } }, /^LOG_LEVEL must be debug/],
  ['a certificate without key', { env: { TLS_CERT: 'c' } }, /TLS_CERT is set without TLS_KEY/],
  ['a key without certificate', { env: { TLS_KEY: 'k' } }, /TLS_KEY is set without TLS_CERT/],
  ['all addresses in the clear', { env: { LISTEN: '0.0.0.0' } }, /reachable from other machines.*TRUST_PROXY/],
  ['all IPv6 addresses in the clear', { env: { LISTEN: '::' } }, /reachable from other machines/],
  ['loopback in disguise', { env: { LISTEN: '::ffff:10.0.0.1' } }, /reachable from other machines/],
  ['https that nobody ends', { env: { PUBLIC_URL: 'https://a.example' } }, /nothing ends TLS/],
  ['http with TLS', { env: { ...tls, PUBLIC_URL: 'http://a.example' } }, /make PUBLIC_URL https/],
  ['a database without owner', { env: { DATABASE_URL: database.DATABASE_URL } }, /without DATABASE_OWNER_URL/],
  ['an owner without database', { env: { DATABASE_OWNER_URL: database.DATABASE_OWNER_URL } }, /without DATABASE_URL/],
  ['another kind of database', { env: { ...database, DATABASE_URL: 'mysql://a/b' } }, /^DATABASE_URL must look like/],
  ['a demo for everybody', { argv: ['--demo'], env: { ...tls, LISTEN: '0.0.0.0' } }, /--demo listens on loopback only/],
  ['a KMS key that is a sentence', { env: { KEYRING_KMS_KEY: 'my key' } }, /^KEYRING_KMS_KEY must be the ARN/],
  ['the ARN of something else', { env: { KEYRING_KMS_KEY: 'arn:aws:s3:::bucket' } }, /^KEYRING_KMS_KEY must be/],
  ['a region that is none', { env: { KEYRING_KMS_REGION: 'Frankfurt' } }, /^KEYRING_KMS_REGION must be an AWS region/],
  [
    'keys over the network in the clear',
    { env: { KEYRING_KMS_KEY: kmsKey, KEYRING_KMS_ENDPOINT: 'http://kms.example' } },
    /^KEYRING_KMS_ENDPOINT must be an https address/,
  ],
  ['a way to KMS without a key', { env: { KEYRING_KMS_REGION: 'eu-west-1' } }, /mean nothing without KEYRING_KMS_KEY/],
  ['an AWS for a demo that is none', { env: { DEMO_AWS_ACCESS_KEY_ID: 'x' } }, /are for --demo alone/],
  [
    'half an AWS for the demo',
    { argv: ['--demo'], env: { DEMO_AWS_ACCESS_KEY_ID: 'x' } },
    /^Please set all of DEMO_AWS/,
  ],
  [
    'an AWS for the demo by another protocol',
    { argv: ['--demo'], env: { DEMO_AWS_ENDPOINT: 'ftp://x' } },
    /^DEMO_AWS_ENDPOINT must be an http/,
  ],
  ['an AWS proxy without a port', { env: { AWS_LISTEN: '127.0.0.1' } }, /^AWS_LISTEN must be an IP address and a port/],
  ['an AWS proxy by a name', { env: { AWS_LISTEN: 'proxy.example:8081' } }, /^AWS_LISTEN must be/],
  ['an AWS proxy on a port that is none', { env: { AWS_LISTEN: '127.0.0.1:65536' } }, /^AWS_LISTEN must be/],
  ['an IPv6 address without brackets', { env: { AWS_LISTEN: '::1:8081' } }, /^AWS_LISTEN must be/],
  ['an AWS proxy of a demo for everybody', { argv: ['--demo', '--aws-listen', '0.0.0.0:1'] }, /Leave AWS_LISTEN out/],
  ['targets with blanks in them', { env: { ALLOW_TARGETS: 'a b' } }, /^ALLOW_TARGETS/],
  ['a file that is not JSON', { files: { '/app/.sallyport/config.json': '{' } }, /config\.json is not JSON/],
  [
    'a file with an unknown setting',
    { files: { '/app/.sallyport/config.json': '{"PROT": 1}' } },
    /cannot be used: PROT/,
  ],
  ['a file with a list', { files: { '/app/.sallyport/config.json': '[]' } }, /one object/],
  [
    'a file that moves DATA_DIR',
    { files: { '/app/.sallyport/config.json': '{"DATA_DIR": "/x"}' } },
    /cannot be used: DATA_DIR/,
  ],
];

it.each(refused)('refuses %s', (_what, given, sentence) => {
  expect(() => parse(given)).toThrow(ConfigError);
  expect(() => parse(given)).toThrow(sentence);
});

it('does not repeat a password in what it refuses', () => {
  expect(() => parse({ env: { ...database, DATABASE_URL: 'postgres//app:hunter2@db' } })).toThrow(/^(?!.*hunter2)/);
});

it('knows what somebody set and what is default', () => {
  const files = { '/app/.sallyport/config.json': '{"LOG_LEVEL": "warn"}' };
  expect([...parse({ argv: ['--listen', '127.0.0.1'], env: { PORT: '1' }, files }).given].sort()).toEqual([
    'LISTEN',
    'LOG_LEVEL',
    'PORT',
  ]);
});

describe('the port that the system chose', () => {
  it('goes into a public URL that was derived from the port', () => {
    expect(withPort(parse({ argv: ['--port', '0'] }).config, 4321).publicUrl).toBe('http://localhost:4321');
  });
  it('leaves one alone that somebody set', () => {
    const { config } = parse({ argv: ['--port', '0'], env: { PUBLIC_URL: 'http://sally.test' } });
    expect(withPort(config, 4321)).toMatchObject({ port: 4321, publicUrl: 'http://sally.test' });
  });
});

it('explains every setting', () => {
  for (const name of Object.keys(settings)) expect(helpText()).toContain(name);
});
