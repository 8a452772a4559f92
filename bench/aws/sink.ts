import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/*
 * In the place of AWS: takes bodies of any length, and gives as many bytes as the last part of a path says. It looks at
 * no signature, so that it costs both subjects the same and as little as can be.
 */

const block = Buffer.alloc(256 * 1024);
const identity = Buffer.from('<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>');

const server = createServer({ requestTimeout: 0, keepAliveTimeout: 120_000 }, (request, response) => {
  const [, digits] = /\/(\d+)$/.exec(request.url ?? '') ?? [];
  if (request.method === 'GET' && digits !== undefined) {
    let left = Number(digits);
    response.writeHead(200, { 'content-length': left });
    const more = () => {
      while (left > 0) {
        const piece = block.subarray(0, Math.min(left, block.length));
        left -= piece.length;
        if (!response.write(piece) && left > 0) return void response.once('drain', more);
      }
      response.end();
    };
    return more();
  }
  request.on('data', () => undefined);
  request.once('end', () => response.writeHead(200, { 'content-length': identity.length }).end(identity));
});
server.listen(0, '127.0.0.1', () => console.log(`Listening on port ${(server.address() as AddressInfo).port}`));
