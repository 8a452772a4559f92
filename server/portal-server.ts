import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type ChildTools, type Running, runAsChild } from './child-process.ts';
import type { ChildConfig } from './config/config.ts';
import { publishToPackages } from './config/env.ts';
import { publicOriginOf } from './front/public-origin.ts';
import type { Log } from './log.ts';

/**
 * The portal process: Next on a Unix socket that only the gateway connects to. Argon2 and file reads share its thread
 * pool; UV_THREADPOOL_SIZE works only when it is in the environment before the process starts, so the supervisor's.
 */
runAsChild({ name: 'portal', start, stopWithinMs: 1_400, onRejection: 'log' });

async function start(config: ChildConfig, { log }: ChildTools): Promise<Running> {
  prepareEnvironment(config, log);
  const { hostname, port } = publicOriginOf(config.publicUrl);
  // The gateway waits for slow clients, not we. It adds fields to the 16 KiB it takes, and keeps connections for good.
  const server = createServer({ maxHeaderSize: 32 * 1024, keepAliveTimeout: 0, requestTimeout: 0 });
  // Next reads NODE_ENV while it is loaded.
  const { default: next } = await import('next');
  const app = next({ dev: config.dev, dir: config.rootDir, hostname, port, httpServer: server, quiet: !config.dev });
  await app.prepare();
  const handle = app.getRequestHandler();
  server.on('request', (request, response) => {
    handle(request, response).catch((err) => {
      log.error('A page could not be answered', { err });
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await listenOn(server, config.portalSocket);
  return {
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), 500);
      await closed;
      clearTimeout(cut);
      await app.close();
    },
  };
}

/** What Next and next-auth read from outside: there is no other way to tell them. */
function prepareEnvironment(config: ChildConfig, log: Log): void {
  Object.assign(globalThis, {
    [Symbol.for('sallyport.config')]: config,
    // `digest` is the reference that the person reads on the error page.
    [Symbol.for('sallyport.page-failed')]: (err: unknown) => {
      const digest = err instanceof Error && 'digest' in err ? String(err.digest) : undefined;
      log.error('A page failed', { err, code: digest });
    },
  });
  publishToPackages({
    NODE_ENV: config.dev ? 'development' : 'production',
    NEXTAUTH_URL: config.publicUrl,
    NEXTAUTH_SECRET: config.authSecret,
    NEXT_TELEMETRY_DISABLED: '1',
  });
}

async function listenOn(server: Server, socketPath: string): Promise<void> {
  await rm(socketPath, { force: true }); // left by a process that was killed
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  await chmod(socketPath, 0o600);
}
