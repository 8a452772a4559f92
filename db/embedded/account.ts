import { readFile } from 'node:fs/promises';

/** Whose rights the database server runs with. */
export type Account = { uid: number; gid: number };

// In this order: an account made for us, PostgreSQL's own, and the one that every system has.
const candidates = ['sallyport', 'postgres', 'nobody'];

/**
 * PostgreSQL refuses to run as root. For root this names an unprivileged account; anybody else runs the server as
 * themselves (`undefined`).
 */
export async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of candidates) {
    const fields = lines.find(([candidate]) => candidate === name);
    if (fields) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error(`Root may not run PostgreSQL and none of these accounts exists: ${candidates.join(', ')}.`);
}
