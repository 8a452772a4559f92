import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { WebSocket } from 'ws';

/** A Node process whose memory is measured; `line` waits for what it, or its parent for it, prints. */
export type Measurable = { pid: number; line(pattern: RegExp): Promise<RegExpExecArray> };

export type Memory = {
  /** Resident bytes after two full collections, so that garbage which nobody has looked for yet does not count. */
  residentBytes(): Promise<number>;
  close(): Promise<void>;
};

/** Opens the inspector of a running process through its signal: it was started as always. Linux only. */
export async function openMemory({ pid, line }: Measurable): Promise<Memory> {
  const listening = line(/Debugger listening on (ws:\S+)/);
  process.kill(pid, 'SIGUSR1');
  const [, address = ''] = await listening;
  const inspector = new WebSocket(address);
  await once(inspector, 'open');
  let id = 0;
  const call = async (method: string) => {
    id += 1;
    const asked = id;
    inspector.send(JSON.stringify({ id: asked, method }));
    for (;;) {
      const [message] = (await once(inspector, 'message')) as [Buffer];
      if (JSON.parse(message.toString()).id === asked) return;
    }
  };
  return {
    residentBytes: async () => {
      await call('HeapProfiler.collectGarbage');
      await call('HeapProfiler.collectGarbage');
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
    },
    close: async () => {
      inspector.close();
      await once(inspector, 'close');
    },
  };
}
