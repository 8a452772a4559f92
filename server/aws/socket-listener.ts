import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Log } from '../log.ts';
import type { Arrival } from './handler.ts';

export type SocketListenerOptions = {
  socketPath: string;
  handle(arrival: Arrival): Promise<void>;
  log: Log;
};

/** In which the gateway says whose request it is. It stands first, and is taken off before anything is verified. */
const addressHeader = 'x-sallyport-address';

/** Takes what came to the server's own address below `/aws`, from the gateway and from nobody else. */
export async function listenOnSocket({
  socketPath,
  handle,
  log,
}: SocketListenerOptions): Promise<{ close(graceMs: number): Promise<void> }> {
  const settings = { maxHeaderSize: 64 * 1024, requestTimeout: 0, keepAliveTimeout: 0, headersTimeout: 10_000 };
  const server = createServer(settings);
  const serve = (awaitsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    const [name, address = ''] = request.rawHeaders;
    if (name?.toLowerCase() !== addressHeader) return void request.socket.destroy();
    request.rawHeaders.splice(0, 2);
    request.on('error', () => undefined);
    response.on('error', (err) => log.debug('An answer could not be written', { err }));
    void handle({ request, response, route: 'endpoint', address, awaitsContinue });
  };
  server.on('request', serve(false));
  server.on('checkContinue', serve(true));
  server.on('clientError', (_error, socket) => socket.destroy());
  await rm(socketPath, { force: true }); // left by a process that was killed
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  await chmod(socketPath, 0o600);
  return {
    close: async (graceMs) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}
