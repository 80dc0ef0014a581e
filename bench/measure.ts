/** Timing programs in pairs: A, B, A, B, …, so that whatever slows the machine down for a while slows both down. */
import { spawnSync } from 'node:child_process';

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Pair {
  /** Milliseconds, the median of each side. */
  readonly measured: number;
  readonly baseline: number;
  /** The median of each pair's ratio, and of its difference in milliseconds. */
  readonly ratio: number;
  readonly difference: number;
  readonly runs: number;
}

export interface Sides {
  readonly measured: () => number;
  readonly baseline: () => number;
}

/** Runs both sides in turn after one of each that does not count; who goes first changes from pair to pair. */
export function measurePairs(runs: number, { measured, baseline }: Sides): Pair {
  measured();
  baseline();
  const pairs = Array.from({ length: runs }, (_value, index) => {
    if (index % 2 === 0) {
      const first = measured();
      return { measured: first, baseline: baseline() };
    }
    const first = baseline();
    return { measured: measured(), baseline: first };
  });
  return {
    measured: median(pairs.map((pair) => pair.measured)),
    baseline: median(pairs.map((pair) => pair.baseline)),
    ratio: median(pairs.map((pair) => pair.measured / pair.baseline)),
    difference: median(pairs.map((pair) => pair.measured - pair.baseline)),
    runs,
  };
}

/** One run of each, for what takes minutes. */
export function measureOnce({ measured, baseline }: Sides): Pair {
  const [ours, theirs] = [measured(), baseline()];
  return { measured: ours, baseline: theirs, ratio: ours / theirs, difference: ours - theirs, runs: 1 };
}

/** Runs a program to its end. @returns milliseconds. @throws when it fails */
export function timeOf({ file, args, environment }: Program): number {
  const start = performance.now();
  const { status, error, stderr } = spawnSync(file, args, {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  const time = performance.now() - start;
  if (status === 0) return time;
  throw new Error(`${file} ${args.join(' ')} failed (${status ?? error?.message}): ${stderr}`);
}

/** What is still in memory goes to the disk now, not in the middle of the next measurement. */
export function flushDisks(): void {
  spawnSync('sync');
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
