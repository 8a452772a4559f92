import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { modes, roles } from '../protocol/session-words.ts';
import { readablePassword } from './readable-password.ts';

const DemoFileSchema = z.object({
  baseUrl: z.string(),
  people: z.array(
    z.object({
      role: z.enum(roles),
      email: z.string(),
      password: z.string(),
      // A file of before there were any: its people keep their passwords.
      masterPassword: z.string().default(readablePassword),
    }),
  ),
  computers: z.array(z.object({ id: z.number(), guid: z.string(), name: z.string(), mode: z.enum(modes) })),
  /** How to call what DEMO_AWS_ENDPOINT named: the key is `tokenId#record` with `secret`. */
  aws: z
    .object({
      proxy: z.string(),
      caFile: z.string(),
      tokenId: z.string(),
      secret: z.string(),
      record: z.string(),
    })
    .optional(),
});

/** What programs that drive a demo read: who can sign in, and where the computers are. DATA_DIR/demo.json. */
export type DemoFile = z.infer<typeof DemoFileSchema>;

/** The file of an earlier start, or undefined when there is none that can be used. */
export async function readDemoFile(dataDir: string): Promise<DemoFile | undefined> {
  try {
    return DemoFileSchema.parse(JSON.parse(await readFile(join(dataDir, 'demo.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Written beside and renamed, so that nobody reads half of it; only its owner may read it at all. */
export async function writeDemoFile(dataDir: string, content: DemoFile): Promise<void> {
  const path = join(dataDir, 'demo.json');
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}
