/** The page of `report` for a thousand clients with a year of nights each. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Scratch } from '../scripts/quickstart/scratch.ts';
import { cryptosync, writeClients } from './clients.ts';
import { measurePairs, timeOf } from './measure.ts';
import type { Row } from './row.ts';
import { bareNode } from './start.ts';

const runs = 5;
const amount = process.env['BENCH_QUICK'] ? 20 : 1000;
const nights = 365;
const mostBytes = 3_000_000;

/** @throws when the page is bigger than it may be */
export function measurePage(scratch: Scratch): Row[] {
  writeClients(scratch, 'year', amount, nights);
  const file = join(scratch.path, 'fleet.html');
  const report = cryptosync(scratch, 'year', 'report', '--html', file, '--quiet');
  const pair = measurePairs(runs, {
    measured: () => timeOf(report),
    baseline: () => timeOf(bareNode(scratch)),
  });
  const { size } = statSync(file);
  if (size > mostBytes) throw new Error(`the page of the report has ${size} bytes`);
  const name = `report --html, ${amount} clients × ${nights} days, ${(size / 1e6).toFixed(2)} MB`;
  // two seconds, where node needs 30 ms
  return [{ name, baseline: 'node -e 0', pair, budget: 66 }];
}
