// The bare pair: plain ssh2 and ws as a competent person puts them together in an hour. Everyone gets a shell at the
// one computer; there are no people, tickets, rights or recordings. Binary messages are keys and output, text ones
// say how many bytes the browser has parsed. Started by subjects/peer.ts with its options as JSON.
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import ssh2, { type CipherAlgorithm } from 'ssh2';
import { WebSocketServer } from 'ws';

export type PeerOptions = { host: string; port: number; username: string; keyPath: string; cipher: CipherAlgorithm };

const { keyPath, cipher, ...target } = JSON.parse(process.argv[2] ?? '') as PeerOptions;
const privateKey = readFileSync(keyPath);
const [pauseAbove, resumeBelow] = [512 * 1024, 128 * 1024];

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('listening', () => console.log(`Listening on port ${(server.address() as AddressInfo).port}`));
server.on('connection', (socket) => {
  const client = new ssh2.Client();
  client.on('ready', () => {
    client.setNoDelay(true);
    client.shell({ term: 'xterm-256color', cols: 120, rows: 40 }, (error, channel) => {
      if (error) return socket.close(1011);
      let unparsed = 0;
      let parsed = 0;
      channel.on('data', (bytes: Buffer) => {
        socket.send(bytes);
        unparsed += bytes.length;
        if (unparsed > pauseAbove) channel.pause();
      });
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) return void channel.write(data);
        unparsed -= Number(data) - parsed;
        parsed = Number(data);
        if (unparsed < resumeBelow && channel.isPaused()) channel.resume();
      });
      channel.on('close', () => socket.close());
      socket.send(''); // The shell is there.
    });
  });
  client.on('error', () => socket.close(1011));
  socket.on('error', () => socket.terminate());
  socket.on('close', () => client.end());
  client.connect({ ...target, privateKey, algorithms: { cipher: [cipher] } });
});
