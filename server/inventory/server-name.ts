import { isIPv4, isIPv6 } from 'node:net';

export type ServerName = { ok: true; server: string } | { ok: false; problem: string };

const empty = 'Enter the host name or the IP address of the computer.';
const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

/**
 * What an administrator typed as the address of a computer, in the one spelling that is stored, compared and dialled:
 * a host name in lower case, an IPv4 address, or an IPv6 address in its shortest form.
 */
export function readServerName(text: string): ServerName {
  const server = text.trim().toLowerCase().replace(/\.$/, '');
  if (server === '') return no(empty);
  if (isIPv4(server)) return { ok: true, server };
  if (isIPv6(server)) return readIPv6(server);
  const problem = shapeProblem(server) ?? nameProblem(server);
  return problem ? no(problem) : { ok: true, server };
}

function no(problem: string): ServerName {
  return { ok: false, problem };
}

function readIPv6(server: string): ServerName {
  if (server.includes('%')) return no('Enter the IPv6 address without a zone (the part after %).');
  return { ok: true, server: new URL(`http://[${server}]`).hostname.slice(1, -1) };
}

function shapeProblem(server: string): string | undefined {
  if (server.includes('://')) return `${onlyTheName(server)}, without ${server.slice(0, server.indexOf('://') + 3)}.`;
  if (server.includes('@')) return 'Enter only the host name or address; the user name belongs to the credential.';
  if (/[/\\?#]/.test(server)) return 'Enter only the host name or address, without a path.';
  if (/^\[.*\]$/.test(server)) return 'Enter the IPv6 address without brackets.';
  if (/^(\[.*\]|[^:]*):\d*$/.test(server)) return 'Enter only the host name or address; the port has its own field.';
  if (/\s/.test(server)) return 'A host name has no spaces. Enter one host name or address.';
  return undefined;
}

function onlyTheName(server: string): string {
  const name = /:\/\/([^/:@]+)/.exec(server)?.[1];
  return name ? `Enter only the host name or address (${name})` : 'Enter only the host name or address';
}

function nameProblem(server: string): string | undefined {
  if (/[^\x21-\x7e]/.test(server))
    return 'Enter an international host name in its ASCII form, which begins with "xn--".';
  const labels = server.split('.');
  // Resolvers read 127.1, 0177.0.0.1 and 0x7f000001 as addresses, so a name that ends in a number is no name.
  if (/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) return 'Enter an IPv4 address in full, such as 192.0.2.10.';
  if (server.length > 253 || !labels.every((part) => label.test(part))) {
    return 'Enter a host name such as db1.example.com, or an IP address.';
  }
  return undefined;
}
