import { z } from 'zod';

/** The identity API between whoever keeps credentials and whoever opens sessions, for both sides. Pure. */
export const identityPaths = {
  getcredential: '/api/services/v1/secureaccessgateway/getcredential',
  endsession: '/api/services/v1/secureaccessgateway/endsession',
} as const;
export type IdentityCall = keyof typeof identityPaths;

export const applicationKeyHeader = 'apiapplicationkey';
export const idempotencyHeader = 'idempotency-key';
export const assertionHeader = 'sallyport-assertion';

/** Nothing that either side says is longer. */
export const maxIdentityBytes = 64 * 1024;

const text = z.string().max(4096);

export const GetCredentialBodySchema = z.object({
  computer: z.coerce.string().max(64),
  credential: text,
  password: text.optional(),
  /** Instead of `password`, built-in side only: proof that the person unlocked their key in this browser session. */
  unlock: text.optional(),
  mode: text,
  session: z.uuid(),
  loginsessionid: text,
});
export type GetCredentialBody = z.infer<typeof GetCredentialBodySchema>;

// An API of somebody else may send null, leave out, or add what we do not know.
const optionalText = z.string().max(8192).nullish();
const flag = z.boolean().nullish();

export const CredentialAnswerSchema = z.object({
  IsPasswordSSHKey: flag,
  // It is shown, and kept as evidence: nothing in it may move a cursor or stop a row from being written.
  UserName: z
    .string()
    .max(512)
    .regex(/^\P{Cc}+$/u),
  Password: z.string().min(1).max(maxIdentityBytes),
  Notes: optionalText,
  Server: z.string().min(1).max(253),
  Server2: optionalText,
  Server3: optionalText,
  GatewayServerDNSHostName: optionalText,
  ManagementPort: z.coerce.number().int().min(0).max(65_535).nullish(),
  AllowLiveSnooping: flag,
  AllowJoinRequests: flag,
  AllowJoinInvites: flag,
  RecordPSMSession: flag,
});
export type CredentialAnswer = z.infer<typeof CredentialAnswerSchema>;

export const EndSessionBodySchema = z.object({
  computer: z.coerce.string().max(64),
  credential: text,
  session: z.uuid(),
  loginsessionid: text,
  checkout: text,
  mode: text,
  startedAt: z.string().max(64).nullable(),
  endedAt: z.string().max(64),
  reason: text,
});
export type EndSessionBody = z.infer<typeof EndSessionBodySchema>;

/** Why no credential was given, as far as the gateway must tell them apart. */
export const identityErrors = [
  'invalid_master_password',
  'access_token_expired',
  'policy',
  'checked_out',
  'limited',
  'unusable',
] as const;
export type IdentityError = (typeof identityErrors)[number];
export type IdentityRefusal = { error: IdentityError; message?: string; retryAfterSeconds?: number };

const ErrorBodySchema = z.object({
  error: z.union([z.string(), z.object({ code: z.string(), message: z.string().optional() })]).optional(),
  message: z.string().optional(),
});

export type RefusalHeaders = { wwwAuthenticate?: string | undefined; retryAfter?: string | undefined };

/** Reads a refusal. An API without codes is read by its status and by `WWW-Authenticate` (RFC 6750, 3.1). */
export function readRefusal(status: number, headers: RefusalHeaders, body: unknown): IdentityRefusal {
  const given = ErrorBodySchema.safeParse(body).data ?? {};
  const code = typeof given.error === 'string' ? given.error : given.error?.code;
  const said = (typeof given.error === 'object' ? given.error.message : undefined) ?? given.message;
  const seconds = /^\d{1,5}$/.test(headers.retryAfter ?? '') ? Number(headers.retryAfter) : undefined;
  return {
    error: errorOf(status, code, headers.wwwAuthenticate),
    ...(said === undefined ? {} : { message: said.slice(0, 500) }),
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  };
}

function errorOf(status: number, code: string | undefined, wwwAuthenticate: string | undefined): IdentityError {
  if (status === 401) return unauthorized(code, wwwAuthenticate);
  if (status === 403) return 'policy';
  if (status === 409) return 'checked_out';
  if (status === 429) return 'limited';
  return 'unusable';
}

function unauthorized(code: string | undefined, wwwAuthenticate: string | undefined): IdentityError {
  if (code === 'invalid_master_password' || code === 'access_token_expired') return code;
  if (/\bBearer\b.*\berror\s*=\s*"?invalid_token"?/i.test(wwwAuthenticate ?? '')) return 'access_token_expired';
  // A wrong master password is what a 401 means to an API that says nothing else.
  return code === undefined ? 'invalid_master_password' : 'unusable';
}
