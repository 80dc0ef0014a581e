/** How long a command takes to start: against bare node, which none of them can beat. */
import type { Scratch } from '../scripts/quickstart/scratch.ts';
import { cryptosync, environmentOf, installClient, writeClients } from './clients.ts';
import { measurePairs, type Program, timeOf } from './measure.ts';
import type { Row } from './row.ts';

const runs = 40;
const manyRuns = 15;
const manyClients = 1000;

export function measureStart(scratch: Scratch): Row[] {
  installClient(scratch, 'one', 'client1');
  const against = (program: Program, name: string, limit: number, pairs: number): Row => ({
    name,
    baseline: 'node -e 0',
    pair: measurePairs(pairs, { measured: () => timeOf(program), baseline: () => timeOf(bareNode(scratch)) }),
    budget: limit,
  });
  writeClients(scratch, 'many', manyClients);
  return [
    against(cryptosync(scratch, 'one', '--version'), '--version', 2, runs),
    against(cryptosync(scratch, 'one', '--help'), '--help', 2.2, runs),
    against(
      cryptosync(scratch, 'one', 'status', '--client', 'client1', '--json'),
      'status --json, one client',
      2.2,
      runs,
    ),
    against(
      cryptosync(scratch, 'many', 'status', '--all', '--json'),
      'status --all --json, 1,000 clients',
      6,
      manyRuns,
    ),
  ];
}

/** What everything that node runs costs at least. */
export function bareNode(scratch: Scratch): Program {
  return { file: process.execPath, args: ['-e', '0'], environment: environmentOf(scratch) };
}
