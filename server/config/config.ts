import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { LogLevel } from '../log.ts';
import { ConfigError, parseCommandLine } from './command-line.ts';
import { type SettingName, SettingsSchema, type SettingValues, settings } from './settings.ts';

/** The typed configuration that the supervisor builds once and hands to its children as JSON. Durations are in ms. */
export type Config = {
  demo: boolean;
  dev: boolean;
  /** Absolute path of the checkout: where `.next`, `dist` and `db/migrations` are. */
  rootDir: string;
  dataDir: string;
  recordingsDir: string;
  listen: string;
  /** 0 lets the system choose; the supervisor replaces it by the port it got before children see the configuration. */
  port: number;
  /** Origin of this installation, without a trailing slash. Nothing is ever derived from a `Host` header. */
  publicUrl: string;
  tls: { certPath: string; keyPath: string } | null;
  trustProxy: string[];
  /** `null`: the embedded server. */
  databaseUrl: string | null;
  databaseOwnerUrl: string | null;
  keyringPath: string;
  /** What seals the keyring's file, or null: nothing does. */
  keyringKms: KmsSettings | null;
  /** The file outside the database that notes where the audit log stands. */
  auditAnchorPath: string;
  /** Where the AWS proxy listens. Port 0 is replaced like `port`. */
  awsListen: { host: string; port: number };
  /** `host`, `host:port` or `CIDR` that may be dialled although they are loopback, link-local or ours. */
  allowTargets: string[];
  /** Origins of identity APIs besides our own that a launch may name. */
  apiUrls: string[];
  /** Where the client credentials for them are, or null. */
  apiClientsPath: string | null;
  allowQueryLaunch: boolean;
  /** Shown by whoever reads the figures from elsewhere; `null`: nobody does. */
  metricsToken: string | null;
  /** What a demo calls in the place of AWS, and with which key; `null`: it has no AWS. */
  demoAws: DemoAwsSettings | null;
  logLevel: LogLevel;
};

/** An origin, and the key of it. */
export type DemoAwsSettings = { endpoint: string; accessKeyId: string; secretAccessKey: string };

/** A key of AWS KMS. Without a region it is that of the key's ARN, or what the machine is set to. */
export type KmsSettings = { keyId: string; region: string | null; endpoint: string | null };

/** What a child process is told over IPC before anything else. */
export type ChildConfig = Omit<Config, 'databaseUrl' | 'databaseOwnerUrl' | 'demoAws'> & {
  /** Connection string of the role `sallyport_app`; never the owner's. */
  databaseUrl: string;
  /** Signs next-auth's cookie; 32 random bytes in base64url, kept in the keyring file. */
  authSecret: string;
  portalSocket: string;
  /** Where the portal asks the gateway to open a launch. */
  gatewaySocket: string;
  /** Where the gateway hands over what comes to `/aws`. */
  awsSocket: string;
};

/** Where settings come from. `readFile` answers the text of a file, or undefined when there is none. */
export type Sources = {
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  readFile: (path: string) => string | undefined;
  rootDir: string;
  /** What relative paths in flags and variables are relative to. */
  workDir: string;
};

export type ParsedConfig = {
  config: Config;
  /** What somebody set, as against what came from the defaults. */
  given: ReadonlySet<SettingName>;
  /** The keyring may be another one than last time. */
  newKeyring: boolean;
};

type Values = z.infer<typeof SettingsSchema>;

/** Flags, then environment, then DATA_DIR/config.json, then defaults. Throws ConfigError on nonsense and contradictions. */
export function parseConfig({ argv, env, readFile, rootDir, workDir }: Sources): ParsedConfig {
  const { demo, dev, values: flags, 'new-keyring': newKeyring } = parseCommandLine(argv);
  const outer = { ...fromEnvironment(env), ...flags };
  const dataDir = outer.DATA_DIR
    ? resolve(workDir, outer.DATA_DIR)
    : join(rootDir, demo ? '.sallyport-demo' : '.sallyport');
  const inner = fromFile(join(dataDir, 'config.json'), readFile);
  const values = check({ ...inner, ...outer });
  const files = fileSettings(dataDir, (name) =>
    values[name] === undefined ? undefined : resolve(outer[name] === undefined ? dataDir : workDir, values[name]),
  );
  const port = values.PORT ?? 3000;
  const config: Config = {
    demo,
    dev,
    rootDir,
    dataDir,
    recordingsDir: join(demo || outer.DATA_DIR ? dataDir : rootDir, 'recordings'),
    listen: values.LISTEN ?? '127.0.0.1',
    port,
    publicUrl: values.PUBLIC_URL ?? defaultPublicUrl(files.tls, port),
    trustProxy: values.TRUST_PROXY ?? [],
    databaseUrl: values.DATABASE_URL ?? null,
    databaseOwnerUrl: values.DATABASE_OWNER_URL ?? null,
    keyringKms: kmsSettings(values),
    ...files,
    awsListen: values.AWS_LISTEN ?? { host: '127.0.0.1', port: 8081 },
    allowTargets: values.ALLOW_TARGETS ?? [],
    ...launchSettings(values),
    metricsToken: values.METRICS_TOKEN ?? null,
    demoAws: demoAwsSettings(values),
    logLevel: values.LOG_LEVEL ?? 'info',
  };
  const problem = contradictionIn(config, values);
  if (problem) throw new ConfigError(problem);
  return { config, given: new Set(Object.keys({ ...inner, ...outer }) as SettingName[]), newKeyring };
}

function kmsSettings({ KEYRING_KMS_KEY: keyId, KEYRING_KMS_REGION, KEYRING_KMS_ENDPOINT }: Values): KmsSettings | null {
  const region = KEYRING_KMS_REGION ?? keyId?.match(/^arn:[^:]+:kms:([^:]+):/)?.[1] ?? null;
  return keyId === undefined ? null : { keyId, region, endpoint: KEYRING_KMS_ENDPOINT ?? null };
}

function demoAwsSettings(values: Values): DemoAwsSettings | null {
  const { DEMO_AWS_ENDPOINT: endpoint, DEMO_AWS_ACCESS_KEY_ID: accessKeyId } = values;
  const { DEMO_AWS_SECRET_ACCESS_KEY: secretAccessKey } = values;
  return endpoint && accessKeyId && secretAccessKey ? { endpoint, accessKeyId, secretAccessKey } : null;
}

type FileSetting = 'TLS_CERT' | 'TLS_KEY' | 'KEYRING_PATH' | 'API_CLIENTS' | 'AUDIT_ANCHOR_PATH';

function fileSettings(
  dataDir: string,
  pathOf: (name: FileSetting) => string | undefined,
): Pick<Config, 'tls' | 'keyringPath' | 'apiClientsPath' | 'auditAnchorPath'> {
  const [certPath, keyPath] = [pathOf('TLS_CERT'), pathOf('TLS_KEY')];
  return {
    tls: certPath && keyPath ? { certPath, keyPath } : null,
    keyringPath: pathOf('KEYRING_PATH') ?? join(dataDir, 'keyring.json'),
    apiClientsPath: pathOf('API_CLIENTS') ?? null,
    auditAnchorPath: pathOf('AUDIT_ANCHOR_PATH') ?? join(dataDir, 'audit-anchors.ndjson'),
  };
}

function launchSettings({ API_URLS, ALLOW_QUERY_LAUNCH }: Values): Pick<Config, 'apiUrls' | 'allowQueryLaunch'> {
  return { apiUrls: API_URLS ?? [], allowQueryLaunch: ALLOW_QUERY_LAUNCH ?? false };
}

/** The configuration once the port is known. A PUBLIC_URL that was derived from the old one follows. */
export function withPort(config: Config, port: number): Config {
  const derived = config.publicUrl === defaultPublicUrl(config.tls, config.port);
  return { ...config, port, publicUrl: derived ? defaultPublicUrl(config.tls, port) : config.publicUrl };
}

function defaultPublicUrl(tls: Config['tls'], port: number): string {
  return new URL(`${tls ? 'https' : 'http'}://localhost:${port}`).origin;
}

const settingNames = Object.keys(settings) as SettingName[];

function fromEnvironment(env: Sources['env']): SettingValues {
  // An empty variable is how shells and unit files say "not set".
  return Object.fromEntries(settingNames.filter((name) => env[name]).map((name) => [name, env[name]]));
}

const FileSchema = z.strictObject(
  Object.fromEntries(
    settingNames
      .filter((name) => name !== 'DATA_DIR')
      .map((name) => [name, z.union([z.string(), z.number().transform(String)]).optional()]),
  ),
);

function fromFile(path: string, readFile: Sources['readFile']): SettingValues {
  const text = readFile(path);
  if (text === undefined) return {};
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ConfigError(`${path} is not JSON. Please correct or remove it.`);
  }
  const parsed = FileSchema.safeParse(json);
  if (parsed.success) return parsed.data as SettingValues;
  const [issue] = parsed.error.issues;
  const which = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue?.path.join('.');
  throw new ConfigError(`${path} has a setting that cannot be used: ${which || 'it must be one object'}.`);
}

function check(raw: SettingValues): Values {
  const parsed = SettingsSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ConfigError(`${issue?.path.join('.')} ${issue?.message}.`); // Without the value: it may hold a password.
}

export function isLoopback(address: string): boolean {
  return isIP(address) === 4 ? address.startsWith('127.') : address === '::1';
}

/** The first pair of settings that cannot both be meant, in a sentence that says what to do. */
function contradictionIn(config: Config, values: Values): string | undefined {
  const { tls, trustProxy, listen, publicUrl, demo } = config;
  const https = publicUrl.startsWith('https:');
  if (demo && !isLoopback(listen)) return '--demo listens on loopback only. Leave LISTEN out, or start without --demo.';
  if (demo && !isLoopback(config.awsListen.host))
    return '--demo listens on loopback only. Leave AWS_LISTEN out, or start without --demo.';
  if (values.TLS_CERT && !values.TLS_KEY) return 'TLS_CERT is set without TLS_KEY. Please set both or neither.';
  if (values.TLS_KEY && !values.TLS_CERT) return 'TLS_KEY is set without TLS_CERT. Please set both or neither.';
  if (!isLoopback(listen) && !tls && trustProxy.length === 0) {
    return `LISTEN=${listen} is reachable from other machines. Set TLS_CERT and TLS_KEY, or name the proxy that ends TLS in TRUST_PROXY.`;
  }
  if (https && !tls && trustProxy.length === 0) {
    return 'PUBLIC_URL is https, but nothing ends TLS. Set TLS_CERT and TLS_KEY, or name the proxy in TRUST_PROXY.';
  }
  if (!https && tls) return 'PUBLIC_URL is http, but TLS_CERT is set. Please make PUBLIC_URL https.';
  if (values.DATABASE_URL && !values.DATABASE_OWNER_URL) {
    return 'DATABASE_URL is set without DATABASE_OWNER_URL, which migrations need. Please set both or neither.';
  }
  if (values.DATABASE_OWNER_URL && !values.DATABASE_URL) {
    return 'DATABASE_OWNER_URL is set without DATABASE_URL. Please set both or neither.';
  }
  return [demoAwsContradictionIn(config, values), kmsContradictionIn(values)].find(Boolean);
}

function demoAwsContradictionIn({ demo, demoAws }: Config, values: Values): string | undefined {
  const isAny = values.DEMO_AWS_ENDPOINT ?? values.DEMO_AWS_ACCESS_KEY_ID ?? values.DEMO_AWS_SECRET_ACCESS_KEY;
  if (isAny === undefined) return undefined;
  if (!demo)
    return 'DEMO_AWS_ENDPOINT and its keys are for --demo alone. Leave them out, or add an AWS record instead.';
  if (demoAws) return undefined;
  return 'Please set all of DEMO_AWS_ENDPOINT, DEMO_AWS_ACCESS_KEY_ID and DEMO_AWS_SECRET_ACCESS_KEY, or none.';
}

function kmsContradictionIn({ KEYRING_KMS_KEY, KEYRING_KMS_REGION, KEYRING_KMS_ENDPOINT }: Values): string | undefined {
  if (KEYRING_KMS_KEY || !(KEYRING_KMS_REGION || KEYRING_KMS_ENDPOINT)) return undefined;
  return 'KEYRING_KMS_REGION and KEYRING_KMS_ENDPOINT mean nothing without KEYRING_KMS_KEY. Please set that, too.';
}
