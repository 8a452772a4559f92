const mostBuckets = 1000;
const mostInBucket = 0xffff_ffff;

/** How much was written when, in at most a thousand buckets, however long it lasts. */
export class Activity {
  bucketMs = 1000;
  buckets: number[] = [];

  /** Moments come in order. */
  add(elapsedMs: number, bytes: number): void {
    while (elapsedMs / this.bucketMs >= mostBuckets) this.#widen();
    const at = Math.floor(elapsedMs / this.bucketMs);
    while (this.buckets.length <= at) this.buckets.push(0);
    this.buckets[at] = Math.min((this.buckets[at] ?? 0) + bytes, mostInBucket);
  }

  #widen(): void {
    this.bucketMs *= 2;
    const halves = this.buckets;
    this.buckets = Array.from({ length: Math.ceil(halves.length / 2) }, (_, i) =>
      Math.min((halves[2 * i] ?? 0) + (halves[2 * i + 1] ?? 0), mostInBucket),
    );
  }
}
