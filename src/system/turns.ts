/** Letting signals, timers and answers be heard in the midst of long work. */
import { interruption } from './errors.ts';

export interface Turns {
  /** Whether it has been long enough since the last turn. */
  isDue(): boolean;
  /** @throws INTERRUPTED when the signal has been given */
  take(): Promise<void>;
}

/** Milliseconds between two turns. */
const interval = 50;

export function pauseForSignals(signal: AbortSignal | undefined): Turns {
  let last = performance.now();
  return {
    isDue: () => performance.now() - last > interval,
    async take() {
      await new Promise((resolve) => setImmediate(resolve));
      if (signal?.aborted) throw interruption(signal);
      last = performance.now();
    },
  };
}

/** Given as soon as one of two is; undefined when there is neither. */
export function eitherSignal(one: AbortSignal | undefined, other: AbortSignal): AbortSignal;
export function eitherSignal(
  one: AbortSignal | undefined,
  other: AbortSignal | undefined,
): AbortSignal | undefined;
export function eitherSignal(
  one: AbortSignal | undefined,
  other: AbortSignal | undefined,
): AbortSignal | undefined {
  return one === undefined || other === undefined ? (one ?? other) : AbortSignal.any([one, other]);
}
