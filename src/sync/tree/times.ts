/** Times as text that loses nothing of them, and those that not every store can hold. */

const perSecond = 1_000_000_000n;

/** ISO 8601 in UTC with nine decimals. @param time nanoseconds since 1970 */
export function isoOf(time: bigint): string {
  const rest = ((time % perSecond) + perSecond) % perSecond;
  const seconds = Number((time - rest) / perSecond);
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(rest).padStart(9, '0')}Z`;
}

/** Nanoseconds since 1970: the end of the seconds that 31 bits count, which every store can hold. */
const endOfUsual = 2_147_483_648n * perSecond;

/** Whether every store that keeps times can hold this one: SFTP has 32 bits for the seconds since 1970 (R42). */
export function isUsualTime(time: bigint): boolean {
  return time >= 0n && time < endOfUsual;
}
