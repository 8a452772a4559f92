import { isIP } from 'node:net';

export type TargetRules = {
  /** `host`, `host:port`, `[v6]:port` or CIDR that may be dialled although it is refused by default. */
  allowTargets: readonly string[];
  /** Ports that this installation listens on; refused on this machine's own addresses. */
  ownPorts: readonly number[];
  /** Addresses of this machine's interfaces besides loopback. */
  ownAddresses?: readonly string[];
  /** The name that the address was resolved from, so that it can be listed by name. */
  name?: string;
};

export type TargetRefusal =
  | 'not_an_address'
  | 'unspecified'
  | 'loopback'
  | 'link_local'
  | 'metadata'
  | 'multicast'
  | 'reserved'
  | 'own_port';

export type TargetDecision = { allow: true } | { allow: false; because: TargetRefusal };

/**
 * May the gateway dial this address? Pure; asked about every address that a name resolves to, and the address that was
 * asked about is the one dialled. Addresses that carry an IPv4 address inside (mapped, 6to4, NAT64, Teredo, ISATAP) are
 * judged by that one too. Our own ports open only for an entry that names the port.
 */
export function decideTarget(address: string, port: number, rules: TargetRules): TargetDecision {
  const bytes = parseAddress(address);
  if (!bytes) return { allow: false, because: 'not_an_address' };
  const entries = rules.allowTargets.map(parseEntry).filter((entry) => entry !== undefined);
  const listed = entries.filter((entry) => names(entry, bytes, port, rules.name));

  const faces = [bytes, ...embeddedIPv4(bytes)];
  const refusal = faces.map(refusalOf).find((because) => because !== undefined);
  if (rules.ownPorts.includes(port) && (refusal === 'loopback' || refusal === 'unspecified' || isOwn(faces, rules))) {
    return listed.some((entry) => entry.port === port) ? { allow: true } : { allow: false, because: 'own_port' };
  }
  if (!refusal || listed.length > 0) return { allow: true };
  return { allow: false, because: refusal };
}

const sentences: Record<TargetRefusal, string> = {
  not_an_address: 'is not an IP address',
  unspecified: 'is the unspecified address',
  loopback: 'is the gateway itself (loopback)',
  link_local: 'is a link-local address',
  metadata: 'belongs to the metadata service of a cloud',
  multicast: 'is a multicast address',
  reserved: 'is a reserved address',
  own_port: 'is a port of this installation',
};

/** `127.0.0.1 port 22 is the gateway itself (loopback).` */
export function targetSentence(address: string, port: number, because: TargetRefusal): string {
  return `${address} port ${port} ${sentences[because]}.`;
}

type Entry = { port?: number } & ({ name: string } | { bytes: Uint8Array; bits: number });

function parseEntry(text: string): Entry | undefined {
  const entry = text.trim().toLowerCase();
  const cidr = /^(.+)\/(\d{1,3})$/.exec(entry);
  if (cidr) {
    const bytes = parseAddress(cidr[1] ?? '');
    const bits = Number(cidr[2]);
    return bytes && bits <= bytes.length * 8 ? { bytes, bits } : undefined;
  }
  const { host, port } = splitPort(entry);
  const bytes = parseAddress(host);
  const at = port === undefined ? {} : { port };
  if (bytes) return { ...at, bytes, bits: bytes.length * 8 };
  return host ? { ...at, name: host } : undefined;
}

function splitPort(entry: string): { host: string; port?: number } {
  if (isIP(entry)) return { host: entry };
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(entry);
  if (!match) return { host: '' };
  const host = match[1] ?? match[2] ?? '';
  return match[3] === undefined ? { host } : { host, port: Number(match[3]) };
}

function names(entry: Entry, bytes: Uint8Array, port: number, name: string | undefined): boolean {
  if (entry.port !== undefined && entry.port !== port) return false;
  if ('name' in entry) return name !== undefined && entry.name === name.toLowerCase().replace(/\.$/, '');
  return within(bytes, entry.bytes, entry.bits);
}

function isOwn(faces: readonly Uint8Array[], { ownAddresses = [] }: TargetRules): boolean {
  return ownAddresses.some((own) => {
    const ownBytes = parseAddress(own);
    return ownBytes !== undefined && faces.some((face) => within(face, ownBytes, ownBytes.length * 8));
  });
}

// The first match names the refusal, so the narrow ranges come before the wide ones.
const refusedRanges: readonly (readonly [string, TargetRefusal])[] = [
  ['169.254.169.254/32', 'metadata'], // AWS, Azure, GCP, Oracle, DigitalOcean
  ['169.254.169.253/32', 'metadata'], // AWS resolver
  ['169.254.169.123/32', 'metadata'], // AWS clock
  ['169.254.170.2/32', 'metadata'], // ECS task credentials
  ['169.254.170.23/32', 'metadata'], // EKS pod identity
  ['100.100.100.200/32', 'metadata'], // Alibaba
  ['168.63.129.16/32', 'metadata'], // Azure wire server
  ['192.0.0.192/32', 'metadata'], // Oracle classic
  ['fd00:ec2::/32', 'metadata'], // AWS: fd00:ec2::254, ::253, ::123, ::23
  ['fd20:ce::254/128', 'metadata'], // GCP
  ['0.0.0.0/8', 'unspecified'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link_local'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['fe80::/10', 'link_local'],
  ['fec0::/10', 'link_local'],
  ['ff00::/8', 'multicast'],
];

const refused = refusedRanges.flatMap(([text, because]) => {
  const entry = parseEntry(text);
  return entry && 'bytes' in entry ? [{ ...entry, because }] : [];
});

function refusalOf(bytes: Uint8Array): TargetRefusal | undefined {
  return refused.find((range) => within(bytes, range.bytes, range.bits))?.because;
}

function within(bytes: Uint8Array, range: Uint8Array, bits: number): boolean {
  if (bytes.length !== range.length) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (bytes[i] !== range[i]) return false;
  const rest = bits & 7;
  return rest === 0 || ((bytes[whole] ?? 0) ^ (range[whole] ?? 0)) >> (8 - rest) === 0;
}

// Where each transition mechanism keeps the IPv4 address that packets really go to.
const carriers: readonly { prefix: string; at: number; inverted?: true }[] = [
  { prefix: '::ffff:0:0/96', at: 12 }, // mapped, RFC 4291
  { prefix: '::ffff:0:0:0/96', at: 12 }, // translated, RFC 2765
  { prefix: '::/96', at: 12 }, // compatible, RFC 4291 (deprecated)
  { prefix: '64:ff9b::/96', at: 12 }, // NAT64, RFC 6052
  { prefix: '64:ff9b:1::/48', at: 12 }, // local NAT64, RFC 8215
  { prefix: '2002::/16', at: 2 }, // 6to4, RFC 3056
  { prefix: '2001::/32', at: 4 }, // Teredo server, RFC 4380
  { prefix: '2001::/32', at: 12, inverted: true }, // Teredo client
];

const parsedCarriers = carriers.flatMap((carrier) => {
  const entry = parseEntry(carrier.prefix);
  return entry && 'bytes' in entry ? [{ ...carrier, ...entry }] : [];
});

function embeddedIPv4(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length !== 16 || isUnspecifiedOrLoopback(bytes)) return [];
  const found = parsedCarriers
    .filter((carrier) => within(bytes, carrier.bytes, carrier.bits))
    .map(({ at, inverted }) => bytes.slice(at, at + 4).map((byte) => (inverted ? byte ^ 0xff : byte)));
  // ISATAP (RFC 5214) marks the interface part of any prefix with [02]00:5efe.
  const isatap = ((bytes[8] ?? 0) & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
  return isatap ? [...found, bytes.slice(12)] : found;
}

function isUnspecifiedOrLoopback(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 15).every((byte) => byte === 0) && (bytes[15] ?? 0) <= 1;
}

/** 4 or 16 bytes in network order; a zone (`%eth0`) is left aside. Only the forms that `net.isIP` knows. */
function parseAddress(text: string): Uint8Array | undefined {
  const address = text.replace(/%.*$/, '');
  const family = isIP(address);
  if (family === 4) return Uint8Array.from(address.split('.'), Number);
  return family === 6 ? parseIPv6(address) : undefined;
}

function parseIPv6(address: string): Uint8Array {
  const [head = '', tail] = address.split('::');
  const front = groups(head);
  const back = groups(tail ?? '');
  const bytes = new Uint8Array(16);
  bytes.set(front, 0);
  bytes.set(back, 16 - back.length);
  return bytes;
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
