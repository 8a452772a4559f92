import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A service's hosts as its models have them: with which names they are signed, and what may stand before their first label. */
export type Endpoint = { signing: readonly string[]; prefixes?: readonly string[] };

/** By the first labels of a host: `ec2`, `api.ecr`, `streams.dynamodb`. */
export type Endpoints = ReadonlyMap<string, Endpoint>;

/** Reads the generated table. `root` is the folder of the program. */
export async function loadEndpoints(root: string): Promise<Endpoints> {
  const text = await readFile(join(root, 'server', 'aws', 'endpoints', 'endpoints.generated.json'), 'utf8');
  const { endpoints }: { endpoints: Record<string, Endpoint> } = JSON.parse(text);
  return new Map(Object.entries(endpoints));
}
