// The one platform piece that protocol code may use: WHATWG text coding, the same in browsers and Node.
interface TextDecoderLike {
  decode(input?: Uint8Array, options?: { stream?: boolean }): string;
}
declare const TextDecoder: {
  new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoderLike;
};
declare const TextEncoder: { new (): { encode(input?: string): Uint8Array<ArrayBuffer> } };
