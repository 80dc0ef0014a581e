/** A row of the benchmark: what was measured against what, and whether it stays within its budget. */
import type { Pair } from './measure.ts';

/** `ratio`: at most so many times the baseline. `overhead`: at most so many milliseconds above it. */
export type Budget =
  | { readonly kind: 'ratio'; readonly limit: number }
  | { readonly kind: 'overhead'; readonly limit: number };

export interface Row {
  readonly name: string;
  readonly baseline: string;
  readonly pair: Pair;
  /** Undefined for a row that only informs. */
  readonly budget: Budget | undefined;
}

export function isMet({ pair, budget }: Row): boolean {
  if (budget === undefined) return true;
  return (budget.kind === 'ratio' ? pair.ratio : pair.difference) <= budget.limit;
}

export const headings = ['measured', 'median', 'compared with', 'median', 'ratio', 'budget', 'met', 'pairs'];

export function cellsOf(row: Row): string[] {
  const { name, baseline, pair, budget } = row;
  return [
    name,
    milliseconds(pair.measured),
    baseline,
    milliseconds(pair.baseline),
    `${pair.ratio.toFixed(2)}× (${pair.difference < 0 ? '−' : '+'}${milliseconds(Math.abs(pair.difference))})`,
    budget === undefined ? '–' : budget.kind === 'ratio' ? `≤ ${budget.limit}×` : `≤ +${budget.limit} ms`,
    budget === undefined ? '–' : isMet(row) ? 'yes' : 'NO',
    String(pair.runs),
  ];
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}
