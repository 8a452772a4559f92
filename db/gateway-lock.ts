import { connect } from './connect.ts';

// Any number that is not another lock's of ours.
const gatewayLock = 7_725_591_148;

export type GatewayLock = { release(): Promise<void> };

export type GatewayLockOptions = {
  /** How long a predecessor that was killed has to let go, both at first and after a lost connection. */
  patienceMs?: number;
  /** Another gateway took over while our connection to the database was lost. Called once at most. */
  onLost(): void;
};

const retryMs = 250;

/**
 * One gateway per installation: takes the advisory lock on a connection that is kept for it alone, and takes it again
 * whenever that connection was lost. `undefined` when another gateway holds it; rejects when the database is not there.
 */
export async function holdGatewayLock(url: string, options: GatewayLockOptions): Promise<GatewayLock | undefined> {
  const { patienceMs = 5_000, onLost } = options;
  let isHeld = false;
  let isOver = false;
  const connection = connect(url, {
    max: 1,
    name: 'sallyport gateway lock',
    keep: {
      onLost: () => {
        if (isHeld && !isOver) takeAgain();
      },
    },
  });

  async function take(): Promise<boolean> {
    const [row] = await connection.sql<{ taken: boolean }[]>`select pg_try_advisory_lock(${gatewayLock}) as taken`;
    return row?.taken === true;
  }

  function takeAgain(): void {
    isHeld = false;
    // While the database is away nobody else can take the lock either, so patience begins with its first answer.
    let refusedSince: number | undefined;
    const attempt = async (): Promise<void> => {
      if (isOver) return;
      const taken = await take().catch(() => undefined);
      isHeld = taken === true;
      if (isHeld || isOver) return;
      if (taken === false) refusedSince ??= performance.now();
      if (refusedSince !== undefined && performance.now() - refusedSince > patienceMs) {
        isOver = true;
        onLost();
        return;
      }
      setTimeout(() => void attempt(), retryMs);
    };
    void attempt();
  }

  async function release(): Promise<void> {
    isOver = true;
    await connection.close();
  }

  const deadline = performance.now() + patienceMs;
  try {
    isHeld = await take();
    while (!isHeld && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, retryMs));
      isHeld = await take();
    }
  } catch (error) {
    await release();
    throw error;
  }
  if (isHeld) return { release };
  await release();
  return undefined;
}
