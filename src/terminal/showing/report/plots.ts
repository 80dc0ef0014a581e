/**
 * Small plots as SVG, a few hundred bytes each: a page has two thousand of them. Each says in words what it shows, for
 * who can't see it. All text in them is ours.
 */
import { daysInWords } from './words.ts';

/** Columns that a day takes in a strip, one of them a gap (the style sheet dashes it). */
const dayWidth = 3;

/** The last days as a strip of bars: low for a good day, high for one that failed, none for one without a sync. */
export function stripOf(outcomes: string): string {
  const width = outcomes.length * dayWidth;
  const paths = (['g', 'b'] as const).flatMap((mark) => {
    const path = [...outcomes.matchAll(new RegExp(`${mark}+`, 'g'))]
      .map(({ index, 0: { length } }) => `M${index * dayWidth} 8h${length * dayWidth - 1}`)
      .join('');
    return path === '' ? [] : [`<path class=${mark} d="${path}"/>`];
  });
  return `<svg class=s viewBox="0 0 ${width} 16" preserveAspectRatio=none role=img aria-label="${daysInWords(outcomes)}">${paths.join('')}</svg>`;
}

/** Of a line: places up, where nothing else is said, and across. */
const lineHeight = 24;
const step = 2;

/** A number over time as a line above zero. @param label what it is, and its figures: of ours alone */
export function lineOf(values: readonly (number | null)[], label: string, height = lineHeight): string {
  const highest = Math.max(1, ...values.map((value) => value ?? 0));
  let path = '';
  let last: { at: number; y: number } | undefined;
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    const y = Math.round(height - 1 - (value / highest) * (height - 2));
    const at = index * step;
    path += last === undefined ? `M${at} ${y}` : `l${at - last.at} ${y - last.y}`;
    last = { at, y };
  }
  // a single value would be a line without length
  if (/^M\d+ \d+$/.test(path)) path += 'h1';
  const width = Math.max(step, (values.length - 1) * step + 1);
  const shape = path === '' ? '' : `<path d="${path}"/>`;
  return `<svg class=l viewBox="0 0 ${width} ${height}" preserveAspectRatio=none role=img aria-label="${label}">${shape}</svg>`;
}

/** Bars of two parts, one on the other: the first from the ground, the second above it. */
export function barsOf(columns: readonly (readonly [good: number, bad: number])[], label: string): string {
  const highest = Math.max(1, ...columns.map(([good, bad]) => good + bad));
  const height = (value: number): number => Math.round((value / highest) * 100);
  const paths = (['g', 'b'] as const).map((mark, part) => {
    const path = columns
      .flatMap(([good, bad], index) => {
        const [value, ground] = part === 0 ? [good, 0] : [bad, good];
        // what failed is seen however small its share is
        const size = value === 0 ? 0 : Math.max(part === 0 ? 1 : 4, height(value));
        return size === 0 ? [] : [`M${index * 4 + 1.5} ${100 - height(ground)}v-${size}`];
      })
      .join('');
    return path === '' ? '' : `<path class=${mark} d="${path}"/>`;
  });
  return `<svg class=w viewBox="0 0 ${columns.length * 4} 104" preserveAspectRatio=none role=img aria-label="${label}">${paths.join('')}</svg>`;
}
