import type { BodyRefusal } from '../sigv4/request.ts';

/** What a stream fails with when the body itself is at fault; whatever it was piped to must not complete. */
export class BodyRefused extends Error {
  override name = 'BodyRefused';
  readonly refusal: BodyRefusal;

  constructor(refusal: BodyRefusal) {
    super(`The body was refused: ${refusal}.`);
    this.refusal = refusal;
  }
}
