/** When a session is synced next: at its interval, and later each time that it has failed. */

/** Milliseconds beyond which a failing sink is not waited for longer. */
const longest = 15 * 60_000;
/** Failures after which the wait grows no more: by then it is the longest for every interval. */
const mostDoublings = 20;

/**
 * @param interval milliseconds between two syncs that work. @param failures that have followed each other
 * @param random 0 to 1, so that many sessions of one sink do not come back at the same moment
 * @returns milliseconds to wait
 */
export function delayAfter(interval: number, failures: number, random: number = Math.random()): number {
  const grown = interval * 2 ** Math.min(failures, mostDoublings);
  const wait = failures === 0 ? interval : Math.min(grown, Math.max(interval, longest));
  return Math.round(wait * (0.75 + random / 2));
}
