import dns from 'node:dns';
import { type NetConnectOpts, Socket } from 'node:net';
import { vi } from 'vitest';

/** Writes down every connection that this process opens and every name that it looks up, wherever in it that happens. */
export function dialSpy() {
  const dialled: string[] = [];
  const lookedUp: string[] = [];
  const connect = Socket.prototype.connect;
  const connecting = vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (
    this: Socket,
    ...args: unknown[]
  ) {
    const [first] = args;
    const options = (Array.isArray(first) ? first[0] : first) as NetConnectOpts;
    if (typeof options === 'object' && 'port' in options) dialled.push(`${options.host ?? ''}:${options.port}`);
    else dialled.push(JSON.stringify(args));
    return Reflect.apply(connect, this, args);
  });
  const lookup = dns.lookup;
  const looking = vi.spyOn(dns, 'lookup').mockImplementation(((host: string, ...rest: unknown[]) => {
    lookedUp.push(host);
    return Reflect.apply(lookup, dns, [host, ...rest]);
  }) as typeof dns.lookup);
  return {
    /** What was dialled, and looked up, besides what belongs to these ports of 127.0.0.1. */
    besides: (...ports: number[]) => [
      ...dialled.filter((place) => !ports.some((port) => place === `127.0.0.1:${port}`)),
      ...lookedUp.filter((host) => host !== '127.0.0.1').map((host) => `name ${host}`),
    ],
    /** How often a port was dialled. */
    times: (place: string) => dialled.filter((one) => one === place).length,
    forget: () => {
      dialled.length = 0;
      lookedUp.length = 0;
    },
    stop: () => {
      connecting.mockRestore();
      looking.mockRestore();
    },
  };
}
