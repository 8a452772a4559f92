import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { connectThrough } from './running-proxy.ts';

type Proxy = { port: number; caPem: string };
type Key = { accessKeyId: string; secretAccessKey: string };

// Where Debian and people put programs; what runs there gets nothing else of the machine's environment.
const places = ['/usr/local/bin', '/usr/bin', '/bin'];

/** Where a program is on this machine, or `undefined`. */
export function installed(name: string): string | undefined {
  const candidates = name.startsWith('/') ? [name] : places.map((at) => join(at, name));
  return candidates.find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export type Ran = { code: number; stdout: string; stderr: string };

/** The desk of a person who works with the proxy: a home folder with the certificate, and the lines for a shell. */
export async function desk({ port, caPem }: Proxy, key: Key) {
  const home = await mkdtemp(join(tmpdir(), 'sp-aws-'));
  const caFile = join(home, 'proxy.pem');
  await writeFile(caFile, caPem);
  const env = {
    PATH: places.join(delimiter),
    HOME: home,
    HTTPS_PROXY: `http://127.0.0.1:${port}`,
    AWS_CA_BUNDLE: caFile,
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
    NODE_ENV: 'production' as const,
  };
  /** Runs a program there; it never rejects for how that went. */
  function run(program: string, args: readonly string[], more: Record<string, string> = {}): Promise<Ran> {
    const options = { cwd: home, env: { ...env, ...more }, timeout: 50_000, maxBuffer: 1 << 26 };
    return new Promise((resolve) => {
      execFile(program, args, options, (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : error ? -1 : 0;
        resolve({ code, stdout, stderr });
      });
    });
  }
  return { home, caFile, run, leave: () => rm(home, { recursive: true, force: true }) };
}

/** Connections of Node through the proxy. */
export class ThroughProxy extends Agent {
  readonly #proxy: Proxy;

  constructor(proxy: Proxy) {
    super({ keepAlive: true });
    this.#proxy = proxy;
  }

  override createConnection(
    { host }: { host?: string | null },
    done?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const servername = host ?? '';
    void connectThrough(this.#proxy.port, `${servername}:443`).then(({ socket, status, text }) => {
      if (status !== 200) return done?.(new Error(text), socket);
      const tls = connectTls({ socket, servername, ca: this.#proxy.caPem, ALPNProtocols: ['http/1.1'] });
      tls.once('error', (error) => done?.(error, tls));
      tls.once('secureConnect', () => done?.(null, tls));
    });
  }
}
