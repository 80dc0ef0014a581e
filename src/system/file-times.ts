/**
 * A time as node's `utimes` and its like set it: exact to a microsecond, before 1970 too. They take a negative number for
 * the present time, and a text for the number in it (hazards.md N6).
 * @param nanoseconds since 1970
 */
export function settableTime(nanoseconds: bigint): string {
  return String(Number(nanoseconds) / 1e9);
}
