import { writeFileSync } from 'node:fs';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { leavesOf, newAuthority } from '../../server/aws/certificates/authority.ts';

/*
 * What a competent person writes in an hour: CONNECT, TLS that ends here, and every request handed on as it came. It
 * verifies, names, decides, notes and signs nothing.
 */

export type RelayOptions = { sinkPort: number; caPath: string };

const { sinkPort, caPath } = JSON.parse(process.argv[2] ?? '{}') as RelayOptions;
const authority = newAuthority(new Date());
writeFileSync(caPath, authority.certificatePem);
const leaves = leavesOf(authority, { now: () => new Date() });
const agent = new Agent({ keepAlive: true });

function relay(incoming: IncomingMessage, response: ServerResponse): void {
  const { method, url: path, rawHeaders: headers } = incoming;
  const upstream = request({ host: '127.0.0.1', port: sinkPort, method, path, headers, agent }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.pipe(response);
  });
  upstream.on('error', () => response.destroy());
  incoming.pipe(upstream);
}

const inner = createServer({ requestTimeout: 0, keepAliveTimeout: 120_000 }, relay);
const outer = createServer();
outer.on('connect', ({ url = '' }: IncomingMessage, socket: Socket) => {
  const [name = ''] = url.split(':');
  socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
  socket.on('error', () => undefined);
  const tls = new TLSSocket(socket, {
    isServer: true,
    secureContext: leaves.contextFor(name),
    ALPNProtocols: ['http/1.1'],
  });
  tls.on('error', () => undefined);
  tls.once('secure', () => inner.emit('connection', tls));
});
outer.listen(0, '127.0.0.1', () => console.log(`Listening on port ${(outer.address() as AddressInfo).port}`));
