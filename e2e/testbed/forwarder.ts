import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Another address under which a host can be reached, and the count of those who came there. */
export class Forwarder {
  readonly address: string;
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(address: string, targetPort: number | undefined) {
    this.address = address;
    this.#server = createServer((socket) => {
      this.connections += 1;
      this.#keep(socket);
      if (targetPort === undefined) return void socket.destroy();
      const onward = this.#keep(connect(targetPort, '127.0.0.1'));
      socket.pipe(onward).pipe(socket);
      socket.on('close', () => onward.destroy());
      onward.on('close', () => socket.destroy());
    });
  }

  /** Listens at `address` and passes everything on to a port of 127.0.0.1; without one, it only counts and hangs up. */
  static async open(address: string, port: number, targetPort?: number): Promise<Forwarder> {
    const forwarder = new Forwarder(address, targetPort);
    forwarder.#server.listen(port, address);
    await once(forwarder.#server, 'listening');
    return forwarder;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
    return socket;
  }
}
