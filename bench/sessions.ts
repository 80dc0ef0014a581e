/** Sessions: a claim and a release against the two runs of rclone that they need, and a server with many of them. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scratch } from '../scripts/quickstart/scratch.ts';
import { environmentOf } from './clients.ts';
import { median, type Pair } from './measure.ts';
import type { Row } from './row.ts';

const load = fileURLToPath(new URL('sessions-load.ts', import.meta.url));
const program = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const isQuick = process.env['BENCH_QUICK'] !== undefined;
const [crowd, idle, runs] = isQuick ? ['5', '20', '1'] : ['100', '1000', '7'];

interface Measured {
  readonly single: readonly { readonly measured: number; readonly baseline: number }[];
  readonly many: { readonly p95: number; readonly memory: number };
  readonly resting: { readonly memory: number };
}

export function measureSessions(scratch: Scratch): Row[] {
  const directory = join(scratch.path, 'sessions');
  mkdirSync(directory);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [load, directory, program, crowd ?? '', idle ?? '', runs ?? ''],
    { env: environmentOf(scratch), encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the load of sessions failed: ${stderr}`);
  const { single, many, resting } = JSON.parse(stdout) as Measured;
  return [
    {
      name: 'claim and release of an empty tenant, encrypted',
      baseline: 'two runs of rclone sync',
      pair: pairOf(single),
      budget: 1.5,
    },
    goal(`GET while ${crowd} tenants claim at once, p95`, many.p95, { at: 20, unit: 'ms' }),
    goal(`memory of that server, its most`, many.memory, { at: 250, unit: 'MB' }),
    goal(`memory of a server with ${idle} idle sessions`, resting.memory, { at: 200, unit: 'MB' }),
  ];
}

function pairOf(pairs: Measured['single']): Pair {
  return {
    measured: median(pairs.map(({ measured }) => measured)),
    baseline: median(pairs.map(({ baseline }) => baseline)),
    ratio: median(pairs.map(({ measured, baseline }) => measured / baseline)),
    difference: median(pairs.map(({ measured, baseline }) => measured - baseline)),
    runs: pairs.length,
  };
}

function goal(name: string, measured: number, { at, unit }: { at: number; unit: 'ms' | 'MB' }): Row {
  const pair = { measured, baseline: at, ratio: measured / at, difference: measured - at, runs: 1 };
  return { name, baseline: 'the goal', pair, budget: 1, unit };
}
