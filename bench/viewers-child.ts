// Those who look, in a process of their own: bench/viewers.ts says who and how, and it ends with that process.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { AckCounter } from '../app/components/terminal-view/ack-counter.ts';
import {
  decodeServerFrame,
  encodeAck,
  type ServerFrame,
  terminalSubprotocol,
  ticketSubprotocolPrefix,
} from '../server/protocol/terminal-frames.ts';
import type { Pace, ViewersAnswer, ViewersOrder } from './viewers.ts';

const slowBytesPerMs = 10;

/** Acknowledges what it is sent as a browser does that shows all of it at once. */
class Shown {
  readonly #socket: WebSocket;
  #acks: AckCounter | undefined;
  #from = 0;
  #missingBytes = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  take(frame: ServerFrame): void {
    if (frame.type === 'data') {
      this.#acks?.received(frame.bytes.length);
      this.#acks?.parsed(frame.bytes.length);
    } else if (frame.type === 'screen') {
      this.#missingBytes -= frame.bytes.length;
      if (this.#missingBytes === 0) this.#acknowledge(this.#from);
    } else if (frame.type === 'control' && frame.control.type === 'look') {
      this.#from = frame.control.outputFrom;
      this.#missingBytes = frame.control.screenBytes;
      this.#acks = new AckCounter((parsedBytes) => this.#acknowledge(parsedBytes), this.#from);
    }
  }

  #acknowledge(parsedBytes: number): void {
    this.#socket.send(encodeAck(parsedBytes));
  }
}

/** Resolves when the gateway has shown the screen to this one. */
function look({ baseUrl, cookie }: ViewersOrder, ticket: string, pace: Pace): Promise<WebSocket> {
  const protocols = [terminalSubprotocol, `${ticketSubprotocolPrefix}${ticket}`];
  const options = { origin: baseUrl, headers: { cookie }, perMessageDeflate: false, family: 4 };
  const socket = new WebSocket(`${baseUrl.replace('http', 'ws')}/ws/watch`, protocols, options);
  const shown = new Shown(socket);
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', (code) => reject(new Error(`The gateway closed the socket of a viewer (${code}).`)));
    socket.on('message', (message: Buffer) => {
      const frame = decodeServerFrame(message);
      if (!frame) return;
      shown.take(frame);
      if (pace === 'slow') rest(socket, message.length / slowBytesPerMs);
      if (frame.type !== 'control' || frame.control.type !== 'look') return;
      if (pace === 'stalled') socket.pause();
      resolve(socket);
    });
  });
}

function rest(socket: WebSocket, ms: number): void {
  socket.pause();
  setTimeout(() => socket.resume(), ms).unref();
}

async function leave(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return;
  const closed = once(socket, 'close');
  socket.terminate();
  await closed;
}

let looking: WebSocket[] = [];

async function obey(order: ViewersOrder | 'leave'): Promise<void> {
  if (order === 'leave') {
    await Promise.all(looking.map(leave));
    looking = [];
  } else {
    looking = await Promise.all(order.viewers.map(({ ticket, pace }) => look(order, ticket, pace)));
  }
}

process.on('message', async (order: ViewersOrder | 'leave') => {
  const failed = (error: unknown): ViewersAnswer => ({ error: String(error) });
  process.send?.(await obey(order).then((): ViewersAnswer => 'done', failed));
});
process.on('disconnect', () => process.exit());
