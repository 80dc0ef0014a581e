/** How long a command takes to start: against bare node, which none of them can beat. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Scratch } from '../scripts/quickstart/scratch.ts';
import { keptStatusFile } from '../src/clients/layout.ts';
import { cryptosync, environmentOf, installClient, writeClients } from './clients.ts';
import { measurePairs, type Program, timeOf } from './measure.ts';
import type { Row } from './row.ts';

const runs = 40;
const manyRuns = 15;
const manyClients = 1000;

export function measureStart(scratch: Scratch): Row[] {
  installClient(scratch, 'one', 'client1');
  const beside = (name: string, budget: number | undefined, pairs: number, measured: () => number): Row => ({
    name,
    baseline: 'node -e 0',
    pair: measurePairs(pairs, { measured, baseline: () => timeOf(bareNode(scratch)) }),
    budget,
  });
  const against = (program: Program, name: string, budget: number, pairs: number): Row =>
    beside(name, budget, pairs, () => timeOf(program));
  writeClients(scratch, 'many', manyClients);
  const ofMany = cryptosync(scratch, 'many', 'status', '--all', '--json');
  return [
    against(cryptosync(scratch, 'one', '--version'), '--version', 2, runs),
    against(cryptosync(scratch, 'one', '--help'), '--help', 2.2, runs),
    against(
      cryptosync(scratch, 'one', 'status', '--client', 'client1', '--json'),
      'status --json, one client',
      2,
      runs,
    ),
    against(ofMany, 'status --all --json, 1,000 clients', 5, manyRuns),
    beside('the same, with nothing kept of the last one', undefined, manyRuns, () => {
      rmSync(keptStatusFile(join(scratch.path, 'many')), { force: true });
      return timeOf(ofMany);
    }),
  ];
}

/** What everything that node runs costs at least. */
export function bareNode(scratch: Scratch): Program {
  return { file: process.execPath, args: ['-e', '0'], environment: environmentOf(scratch) };
}
