import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { BodyRefused } from './body-refused.ts';

/**
 * Passes a body on while comparing it with the hash that was signed. The last piece stays back until the comparison,
 * so that on a mismatch whoever receives the body has less of it than was announced.
 */
export class ComparedBody extends Transform {
  readonly #expected: string;
  readonly #hash = createHash('sha256');
  #last: Buffer | undefined;

  /** `expected` is the SHA-256 in lower-case hexadecimal. */
  constructor(expected: string) {
    super();
    this.#expected = expected;
  }

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#hash.update(piece);
    if (this.#last) this.push(this.#last);
    this.#last = piece;
    done();
  }

  override _flush(done: TransformCallback): void {
    if (this.#hash.digest('hex') !== this.#expected) done(new BodyRefused('payload_hash'));
    else done(null, this.#last);
  }
}
