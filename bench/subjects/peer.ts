import { once } from 'node:events';
import { WebSocket } from 'ws';
import { offeredAlgorithms } from '../../server/bridges/algorithms.ts';
import type { Unwind } from '../../server/supervise/unwind.ts';
import type { Installation } from '../installation.ts';
import type { PeerOptions } from '../peer.ts';
import { startProgram } from '../program.ts';
import type { Subject } from './subject.ts';

/** The bare pair in a process of its own, at the same computer, with the cipher that we get there. */
export async function peer(host: Installation['host'], unwind: Unwind): Promise<Subject> {
  const [cipher] = offeredAlgorithms().cipher as PeerOptions['cipher'][];
  const options: PeerOptions = { ...host, cipher: cipher ?? 'aes128-ctr' };
  const program = startProgram(['--import', 'tsx', 'bench/peer.ts', JSON.stringify(options)]);
  unwind.later('peer', program.stop);
  const [, port] = await program.line(/^Listening on port (\d+)/);
  return {
    name: 'ssh2 + ws',
    process: program,
    open: async (onOutput) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
      socket.once('message', () => socket.on('message', onOutput)); // The first one says that the shell is there.
      await once(socket, 'message');
      return {
        send: (keys) => socket.send(keys),
        acknowledge: (parsedBytes) => socket.send(String(parsedBytes)),
        close: async () => {
          const closed = once(socket, 'close');
          socket.close();
          await closed;
        },
      };
    },
  };
}
