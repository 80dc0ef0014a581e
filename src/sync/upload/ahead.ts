/** Reading a stream on in the pauses of something else that is waited for, so that it is at hand when it is wanted. */

export interface Ahead<Item> {
  /** All of the stream, once: what was read, and then the rest of it. @throws what reading it throws */
  take(): Generator<Item>;
  /** Nobody wants it any more. */
  drop(): void;
}

/** Milliseconds of reading between two turns of everything else. */
const slice = 3;
/** Items between two looks at the clock. */
const atOnce = 64;

/** @param most items to hold; the rest is read when it is taken */
export function readAhead<Item>(items: Iterable<Item>, most: number): Ahead<Item> {
  const source = items[Symbol.iterator]();
  const read: IteratorResult<Item>[] = [];
  let failure: { readonly error: unknown } | undefined;
  const isAtEnd = (): boolean => failure !== undefined || read.at(-1)?.done === true || read.length >= most;
  const readSome = (): void => {
    const begin = performance.now();
    try {
      while (!isAtEnd() && (read.length % atOnce > 0 || performance.now() - begin < slice))
        read.push(source.next());
    } catch (error) {
      failure = { error };
    }
    next = isAtEnd() ? undefined : setImmediate(readSome);
  };
  let next: NodeJS.Immediate | undefined = setImmediate(readSome);
  return {
    *take() {
      clearImmediate(next);
      for (const result of read) {
        if (result.done === true) return;
        yield result.value;
      }
      if (failure !== undefined) throw failure.error;
      yield* { [Symbol.iterator]: () => source };
    },
    drop() {
      clearImmediate(next);
      source.return?.();
    },
  };
}
