import { setTimeout as delay } from 'node:timers/promises';

export type PageLoad = { stop(): Promise<void> };

const pages = ['/', '/sessions', '/profile'];
const everyMs = 100;

/**
 * Somebody who looks at pages: one each 100 ms, never two at once, until stopped. The load is the same whoever carries
 * the terminals meanwhile.
 */
export function startPageLoad(baseUrl: string, cookie: string): PageLoad {
  let isStopped = false;
  const look = async () => {
    for (let count = 0; !isStopped; count += 1) {
      const pause = delay(everyMs);
      const answer = await fetch(`${baseUrl}${pages[count % pages.length]}`, {
        headers: { cookie },
        redirect: 'error',
      });
      if (!answer.ok) throw new Error(`A page answered ${answer.status}.`);
      await answer.arrayBuffer();
      await pause;
    }
  };
  const looking = look();
  looking.catch(() => undefined); // Told by `stop`.
  return {
    stop: () => {
      isStopped = true;
      return looking;
    },
  };
}
