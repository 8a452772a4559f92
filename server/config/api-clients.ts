import { z } from 'zod';
import { ConfigError } from './command-line.ts';

/** How this installation signs in at an identity API, to say that a session ended after a person's token expired. */
export type ApiClient = { tokenPath: string; clientId: string; clientSecret: string };

const ApiClientSchema = z.strictObject({
  /** On the same origin: what begins with two slashes, or breaks a line, would lead elsewhere. */
  tokenPath: z
    .string()
    .regex(/^\/(?!\/)[\x21-\x7e]*$/)
    .default('/oauth/v2/token'),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
});
const FileSchema = z.record(z.string(), z.unknown());

/** Reads the file that API_CLIENTS names: one entry for each origin. Says what is wrong without saying what is in it. */
export function parseApiClients(text: string, path: string): ReadonlyMap<string, ApiClient> {
  const file = FileSchema.safeParse(readJson(text, path));
  if (!file.success) throw unusable(path, 'the file');
  const clients = new Map<string, ApiClient>();
  for (const [index, [address, value]] of Object.entries(file.data).entries()) {
    const origin = originOf(address);
    if (!origin) throw new ConfigError(`${path} (API_CLIENTS): entry ${index + 1} is not named by an https origin.`);
    if (clients.has(origin)) throw new ConfigError(`${path} (API_CLIENTS) has two entries for ${origin}.`);
    const client = ApiClientSchema.safeParse(value);
    if (!client.success)
      throw unusable(path, `${origin} ${client.error.issues.map((one) => one.path[0] ?? '').join(' ')}`);
    clients.set(origin, client.data);
  }
  return clients;
}

function readJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigError(`${path} (API_CLIENTS) is not JSON. Please correct it.`);
  }
}

function unusable(path: string, where: string): ConfigError {
  const wanted = 'It needs clientId and clientSecret by origin.';
  return new ConfigError(`${path} (API_CLIENTS) cannot be used: ${where.trim()}. ${wanted}`);
}

/** `undefined` for what says more than an origin, or one that is not https: it is told a secret. */
function originOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { origin, protocol, href } = new URL(address);
  return protocol === 'https:' && href === `${origin}/` ? origin : undefined;
}
