import { isIP } from 'node:net';
import { z } from 'zod';

/** Every setting: its variable, its default in words, and what it is for. The flag of `DATA_DIR` is `--data-dir`. */
export const settings = {
  PORT: { byDefault: '3000', what: 'port to listen on; 0 takes any free one' },
  LISTEN: { byDefault: '127.0.0.1', what: 'address to listen on; beyond loopback only with TLS or TRUST_PROXY' },
  PUBLIC_URL: { byDefault: 'http://localhost:PORT', what: 'how browsers reach this installation; no path' },
  TLS_CERT: { byDefault: 'none', what: 'certificate chain, PEM file; goes with TLS_KEY' },
  TLS_KEY: { byDefault: 'none', what: 'private key of the certificate, PEM file' },
  TRUST_PROXY: { byDefault: 'none', what: 'addresses (CIDR, comma separated) of proxies that end TLS before us' },
  DATA_DIR: { byDefault: '.sallyport', what: 'where this installation keeps its files' },
  DATABASE_URL: { byDefault: 'embedded', what: 'your own PostgreSQL, as the role sallyport_app' },
  DATABASE_OWNER_URL: { byDefault: 'embedded', what: 'the same database, as its owner; for migrations only' },
  KEYRING_PATH: { byDefault: 'DATA_DIR/keyring.json', what: 'keys of the vault; keep it out of database backups' },
  KEYRING_KMS_KEY: { byDefault: 'none', what: 'AWS KMS key (ARN, alias or id) that seals the keyring' },
  KEYRING_KMS_REGION: { byDefault: 'that of the ARN', what: 'AWS region of KEYRING_KMS_KEY' },
  KEYRING_KMS_ENDPOINT: {
    byDefault: 'that of the region',
    what: 'where to reach KMS otherwise, such as a VPC endpoint',
  },
  AUDIT_ANCHOR_PATH: {
    byDefault: 'DATA_DIR/audit-anchors.ndjson',
    what: 'file outside the database that notes where the audit log stands; best on another disk',
  },
  AWS_LISTEN: { byDefault: '127.0.0.1:8081', what: 'address and port of the AWS proxy; port 0 takes any free one' },
  ALLOW_TARGETS: {
    byDefault: 'none',
    what: 'host, host:port or CIDR that may be dialled though loopback or link-local',
  },
  API_URLS: {
    byDefault: 'none',
    what: 'https origins of identity APIs that launches may name besides this installation, comma separated',
  },
  API_CLIENTS: { byDefault: 'none', what: 'file with client credentials for API_URLS, JSON by origin; 0600' },
  ALLOW_QUERY_LAUNCH: { byDefault: 'false', what: 'true takes launches in a query string too, as old shops send them' },
  METRICS_TOKEN: { byDefault: 'none', what: 'Bearer token with which others than this machine may read /api/metrics' },
  DEMO_AWS_ENDPOINT: {
    byDefault: 'none',
    what: 'with --demo: where the calls of the record demo-aws go, such as http://127.0.0.1:4566',
  },
  DEMO_AWS_ACCESS_KEY_ID: { byDefault: 'none', what: 'with --demo: the access key id of that record' },
  DEMO_AWS_SECRET_ACCESS_KEY: { byDefault: 'none', what: 'with --demo: its secret access key' },
  LOG_LEVEL: { byDefault: 'info', what: 'debug, info, warn, error or silent' },
} as const;

export type SettingName = keyof typeof settings;
export type SettingValues = { [K in SettingName]?: string };

const commaList = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);

const file = z.string().min(1);
const postgresUrl = z.string().refine((text) => /^postgres(ql)?:\/\/\S+\/\S+/.test(text), {
  error: 'must look like postgres://user:password@host/database',
});

/** The shape of each value by itself; what contradicts what is config.ts's. Messages complete "NAME …". */
export const SettingsSchema = z.object({
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a number from 0 to 65535')
    .transform(Number)
    .refine((port) => port <= 65_535, { error: 'must be a number from 0 to 65535' })
    .optional(),
  LISTEN: z
    .string()
    .transform((text) => (text === 'localhost' ? '127.0.0.1' : text))
    .refine((text) => isIP(text) > 0, { error: 'must be an IP address, such as 127.0.0.1 or 0.0.0.0' })
    .optional(),
  PUBLIC_URL: z
    .string()
    .transform((text, context) => {
      const origin = originOf(text);
      if (origin) return origin;
      context.addIssue('must be an origin without path, query or user, such as https://sallyport.example.com');
      return z.NEVER;
    })
    .optional(),
  TLS_CERT: file.optional(),
  TLS_KEY: file.optional(),
  TRUST_PROXY: commaList
    .refine((entries) => entries.every(isCidr), { error: 'must list addresses or CIDR ranges, such as 10.0.0.0/8' })
    .optional(),
  DATA_DIR: file.optional(),
  DATABASE_URL: postgresUrl.optional(),
  DATABASE_OWNER_URL: postgresUrl.optional(),
  KEYRING_PATH: file.optional(),
  KEYRING_KMS_KEY: z
    .string()
    .regex(/^(arn:aws[\w-]*:kms:[a-z0-9-]+:\d{12}:)?(key\/|alias\/)?[\w/-]{1,256}$/, {
      error: 'must be the ARN, the alias (alias/…) or the id of a KMS key',
    })
    .optional(),
  KEYRING_KMS_REGION: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, { error: 'must be an AWS region, such as eu-central-1' })
    .optional(),
  KEYRING_KMS_ENDPOINT: z
    .string()
    .refine(isGuarded, { error: 'must be an https address, because keys come back from there' })
    .optional(),
  AUDIT_ANCHOR_PATH: file.optional(),
  AWS_LISTEN: z
    .string()
    .transform((text, context) => {
      const listen = addressAndPort(text);
      if (listen) return listen;
      context.addIssue('must be an IP address and a port, such as 127.0.0.1:8081 or [::]:8081');
      return z.NEVER;
    })
    .optional(),
  ALLOW_TARGETS: commaList
    .refine((entries) => entries.every((entry) => /^[\w.:[\]/-]+$/.test(entry)), {
      error: 'must list host, host:port or CIDR entries, comma separated',
    })
    .optional(),
  API_URLS: commaList
    .refine((entries) => entries.every((entry) => entry.startsWith('https://') && originOf(entry)), {
      error: 'must list https origins without a path, such as https://api.example.com',
    })
    .transform((entries) => entries.flatMap((entry) => originOf(entry) ?? []))
    .optional(),
  API_CLIENTS: file.optional(),
  ALLOW_QUERY_LAUNCH: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .transform((text) => text === 'true')
    .optional(),
  METRICS_TOKEN: z
    .string()
    .regex(/^[\w.~+/=-]{24,256}$/, {
      error: 'must be 24 to 256 letters, digits or . _ ~ + / = -, such as of openssl rand -hex 32',
    })
    .optional(),
  DEMO_AWS_ENDPOINT: z
    .string()
    .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''), { error: 'must be an http or https address' })
    .transform((text) => new URL(text).origin)
    .optional(),
  DEMO_AWS_ACCESS_KEY_ID: z.string().min(1).max(128).optional(),
  DEMO_AWS_SECRET_ACCESS_KEY: z.string().min(1).max(1024).optional(),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], { error: 'must be debug, info, warn, error or silent' })
    .optional(),
});

function addressAndPort(text: string): { host: string; port: number } | undefined {
  const [, v6, other = '', digits = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = v6 ?? (other === 'localhost' ? '127.0.0.1' : other);
  const isAddress = isIP(host) === (v6 === undefined ? 4 : 6);
  return isAddress && Number(digits) <= 65_535 ? { host, port: Number(digits) } : undefined;
}

function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const bare =
    url.pathname === '/' && !url.search && !url.hash && !url.username && !url.password && !text.includes('?');
  return bare && /^https?:$/.test(url.protocol) && !text.endsWith('#') ? url.origin : undefined;
}

/** An address that keys may come back from: plain http is for a stand-in on this machine at most. */
export function isGuarded(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname));
}

function isCidr(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (!family || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}
