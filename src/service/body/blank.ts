/**
 * Memory for what may be a key: of its own, outside of V8's heap. Node would take a small buffer from a pool that many
 * share, or from the heap, where the collector moves it and leaves copies behind.
 * @param length bytes, all zero
 */
export function blank(length: number): Buffer {
  return Buffer.from(new ArrayBuffer(length));
}
