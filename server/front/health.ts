import { randomBytes } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { within } from '../clock.ts';
import { freeSpaceOf } from '../recording/free-space.ts';

/** A child of the supervisor, as its last message told. */
export type ChildState = { name: string; state: string; restarts: number };

export type HealthReport = {
  status: 'ok' | 'degraded' | 'down';
  database: 'ok' | 'down';
  recorder: 'ok' | 'down';
  disk: { freeBytes: number; freeRatio: number; low: boolean } | null;
  children: ChildState[];
};

export type HealthOptions = {
  /** Rejects when the database does not answer. */
  pingDatabase(): Promise<unknown>;
  recordingsDir: string;
  /** Below this the disk is low. */
  leastFreeBytes(): Promise<number>;
  children(): readonly ChildState[];
  /** The gateway takes sessions: started, and not stopping. */
  isOpen(): boolean;
  /** A check that hangs (a dead network disk) counts as failed after this long. */
  checkTimeoutMs?: number;
  /** Asking more often than this is answered from memory. */
  freshForMs?: number;
};

export type Health = {
  report(): Promise<HealthReport>;
  isReady(): Promise<boolean>;
};

/** What works and what does not, checked when somebody asks. Never rejects. */
export function createHealth(options: HealthOptions): Health {
  const { checkTimeoutMs = 2_000, freshForMs = 2_000 } = options;
  let last: { at: number; checks: Promise<Checks> } | undefined;

  function checks(): Promise<Checks> {
    const now = performance.now();
    if (!last || now - last.at > freshForMs) last = { at: now, checks: runChecks(options, checkTimeoutMs) };
    return last.checks;
  }

  async function report(): Promise<HealthReport> {
    const { database, recorder, disk } = await checks();
    const children = options.children().map(({ name, state, restarts }) => ({ name, state, restarts }));
    const isWhole = recorder === 'ok' && !disk?.low && children.every(({ state }) => state === 'ready');
    const status = database === 'down' ? 'down' : isWhole ? 'ok' : 'degraded';
    return { status, database, recorder, disk, children };
  }

  return {
    report,
    // The portal may restart without a session noticing, yet a newcomer needs it.
    isReady: async () => {
      const { database, recorder, children } = await report();
      const isPortalUp = children.every(({ state }) => state === 'ready');
      return options.isOpen() && database === 'ok' && recorder === 'ok' && isPortalUp;
    },
  };
}

type Checks = Pick<HealthReport, 'database' | 'recorder' | 'disk'>;

async function runChecks(options: HealthOptions, timeoutMs: number): Promise<Checks> {
  const [database, recorder, disk] = await Promise.all([
    within(timeoutMs, options.pingDatabase()).then(
      () => 'ok' as const,
      () => 'down' as const,
    ),
    within(timeoutMs, probeWrite(options.recordingsDir)).then(
      () => 'ok' as const,
      () => 'down' as const,
    ),
    within(timeoutMs, diskOf(options)).catch(() => null),
  ]);
  return { database, recorder, disk };
}

// Permissions alone do not tell of a full or failing disk, so a byte is written to a file of its own and removed.
async function probeWrite(directory: string): Promise<void> {
  const path = join(directory, `.probe-${randomBytes(8).toString('hex')}`);
  const file = await open(path, 'wx', 0o600);
  try {
    await file.write('.');
    await file.datasync();
  } finally {
    await file.close();
    await unlink(path);
  }
}

async function diskOf({ recordingsDir, leastFreeBytes }: HealthOptions): Promise<HealthReport['disk']> {
  const { freeBytes, totalBytes } = await freeSpaceOf(recordingsDir);
  const freeRatio = totalBytes === 0 ? 0 : Math.round((freeBytes / totalBytes) * 1000) / 1000;
  return { freeBytes, freeRatio, low: freeBytes < (await leastFreeBytes()) };
}
