/** A row of small bars: how a number went over time, on a terminal. */

const bars = '▁▂▃▄▅▆▇█';

/**
 * The lowest value is the lowest bar, whether it is near zero or not: it shows how a number moves, and the figures beside
 * it how big it is. What is not known is a gap.
 * @param width at the most; of several values that share a bar the greatest counts
 */
export function sparkline(values: readonly (number | null)[], width: number): string {
  const shown = buckets(values, width);
  const known = shown.filter((value) => value !== null);
  const [lowest, highest] = [Math.min(...known), Math.max(...known)];
  return shown
    .map((value) => {
      if (value === null) return ' ';
      const share = highest === lowest ? 0.5 : (value - lowest) / (highest - lowest);
      return bars[Math.round(share * (bars.length - 1))];
    })
    .join('');
}

/** The greatest of neighbours, where there are more values than places. */
export function buckets(values: readonly (number | null)[], most: number): (number | null)[] {
  if (values.length <= most) return [...values];
  return Array.from({ length: most }, (_value, index) => {
    const from = Math.floor((index * values.length) / most);
    const to = Math.floor(((index + 1) * values.length) / most);
    const known = values.slice(from, to).filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(...known);
  });
}
