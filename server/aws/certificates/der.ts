/** A value in DER, whole: tag, length, content. */
export type Der = Buffer;

/** One value out of its tag and its content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Der {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

function lengthOf(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  const digits = Buffer.from(bytes.toString(16).padStart(bytes > 0xff ? 4 : 2, '0'), 'hex');
  if (digits.length > 2) throw new RangeError('Nothing in a certificate of ours is that long.');
  return Buffer.concat([Buffer.from([0x80 | digits.length]), digits]);
}

export const sequence = (...items: readonly Uint8Array[]): Der => der(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Der => der(0x31, ...items);
export const octets = (bytes: Uint8Array): Der => der(0x04, bytes);
export const utf8 = (text: string): Der => der(0x0c, Buffer.from(text));
export const yes: Der = der(0x01, Buffer.from([0xff]));

/** A positive number, of bytes with the highest one first. */
export function integer(bytes: Uint8Array): Der {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Buffer.from([0]) : Buffer.from(bytes.subarray(first));
  return der(0x02, ...((digits[0] ?? 0) & 0x80 ? [Buffer.from([0])] : []), digits);
}

/** `unused` bits at the end of the last byte do not count. */
export function bits(bytes: Uint8Array, unused = 0): Der {
  return der(0x03, Buffer.from([unused]), bytes);
}

/** `1.2.840.10045.4.3.2` */
export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

/** To the second. Years to 2049 have two digits, as certificates demand. */
export function moment(at: Date): Der {
  const text = at.toISOString().replace(/[-:T]|\.\d+/g, '');
  return at.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text));
}
