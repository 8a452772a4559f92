/** `host:port`, with an IPv6 address in brackets. */
export function addressOf({ server, port }: { server: string; port: number }): string {
  return server.includes(':') ? `[${server}]:${port}` : `${server}:${port}`;
}
