import { z } from 'zod';
import { ConfigError } from './command-line.ts';

/** How this installation signs in at an identity API, to say that a session ended after a person's token expired. */
export type ApiClient = { tokenPath: string; clientId: string; clientSecret: string };

const ApiClientsSchema = z.record(
  z.url(),
  z.strictObject({
    tokenPath: z.string().startsWith('/').default('/oauth/v2/token'),
    clientId: z.string().min(1),
    clientSecret: z.string().min(1),
  }),
);

/** Reads the file that API_CLIENTS names: one entry for each origin. Says what is wrong without saying what is in it. */
export function parseApiClients(text: string, path: string): ReadonlyMap<string, ApiClient> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ConfigError(`${path} (API_CLIENTS) is not JSON. Please correct it.`);
  }
  const parsed = ApiClientsSchema.safeParse(json);
  if (!parsed.success) {
    const where = parsed.error.issues.map((issue) => issue.path.slice(0, 2).join(' ')).join('; ');
    throw new ConfigError(
      `${path} (API_CLIENTS) cannot be used: ${where}. It needs clientId and clientSecret by origin.`,
    );
  }
  return new Map(Object.entries(parsed.data).map(([url, client]) => [new URL(url).origin, client]));
}
