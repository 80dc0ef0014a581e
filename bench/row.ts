/** A row of the benchmark: what was measured against what, and whether it stays within its budget. */
import type { Pair } from './measure.ts';

export interface Row {
  readonly name: string;
  readonly baseline: string;
  readonly pair: Pair;
  /** At most so many times the baseline: milliseconds differ by machine. Undefined for a row that only informs. */
  readonly budget: number | undefined;
  /** Of the figures; milliseconds when left out. */
  readonly unit?: 'ms' | 'MB';
}

export function isMet({ pair, budget }: Row): boolean {
  return budget === undefined || pair.ratio <= budget;
}

export const headings = ['measured', 'median', 'compared with', 'median', 'ratio', 'budget', 'met', 'pairs'];

export function cellsOf(row: Row): string[] {
  const { name, baseline, pair, budget, unit = 'ms' } = row;
  const shown = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ${unit}`;
  return [
    name,
    shown(pair.measured),
    baseline,
    shown(pair.baseline),
    `${pair.ratio.toFixed(2)}× (${pair.difference < 0 ? '−' : '+'}${shown(Math.abs(pair.difference))})`,
    budget === undefined ? '–' : `≤ ${budget}×`,
    budget === undefined ? '–' : isMet(row) ? 'yes' : 'NO',
    String(pair.runs),
  ];
}
