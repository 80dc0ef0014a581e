/** Doing the same to many things, some of them at a time. */
import { interruption } from '../system/errors.ts';
import { pauseForSignals } from '../system/turns.ts';

/**
 * Gives every item to `work`, at most `width` at a time. The first failure stops the rest: what is under way is waited
 * for, nothing new is begun, and the failure is thrown.
 * @throws INTERRUPTED when the signal has been given
 */
export async function inLanes<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<void> {
  let next = 0;
  const turn = pauseForSignals(signal);
  let failure: { error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    while (next < items.length && failure === undefined) {
      const item = items[next] as Item;
      next += 1;
      try {
        // work that never waits would let no signal be heard
        if (turn.isDue()) await turn.take();
        if (signal?.aborted) throw interruption(signal);
        await work(item);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  if (failure !== undefined) throw failure.error;
}
