/**
 * Bytes outside of V8's heap, so that zeroing them leaves no copy. V8 keeps the content of a small typed array (up to
 * 64 bytes) in its heap, where the collector moves it and leaves the old bytes behind; an ArrayBuffer of one's own is
 * never moved.
 */
export function outsideHeap(bytes: Uint8Array): Buffer {
  const copy = Buffer.from(new ArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
