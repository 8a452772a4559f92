import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type StubbornHost = {
  port: number;
  /** Connections of ours, as the host has them. */
  sockets: Socket[];
  /** Resolves when the first connection is gone for the host as well, with the error that it was cut off by, if any. */
  gone: Promise<string | undefined>;
  stop(): Promise<void>;
};

/** A host before a real one at `port`, which never closes its own side: it ignores a FIN, or does not even read. */
export async function startStubbornHost(port: number): Promise<StubbornHost> {
  const sockets: Socket[] = [];
  const upstreams: Socket[] = [];
  let onGone: (error: string | undefined) => void = () => undefined;
  const gone = new Promise<string | undefined>((resolve) => {
    onGone = resolve;
  });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const upstream = connect(port, '127.0.0.1');
    sockets.push(socket);
    upstreams.push(upstream);
    let error: string | undefined;
    upstream.on('error', () => undefined);
    upstream.on('data', (bytes) => socket.write(bytes));
    socket.on('data', (bytes) => upstream.write(bytes));
    socket.on('error', (err: NodeJS.ErrnoException) => {
      error = err.code;
    });
    socket.on('close', () => onGone(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    gone,
    async stop() {
      for (const socket of [...sockets, ...upstreams]) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
