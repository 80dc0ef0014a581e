/** How long a tab takes with many clients, in each shell that is there: against a bare start of node. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Scratch } from '../scripts/quickstart/scratch.ts';
import { type Shell, shells } from '../src/operations/completions.ts';
import { findExecutable } from '../src/system/dependencies.ts';
import { completionCommand } from '../test/support/shells.ts';
import { environmentOf, writeClients } from './clients.ts';
import { measurePairs, timeOf } from './measure.ts';
import type { Row } from './row.ts';
import { bareNode } from './start.ts';

const runs = 15;
const manyClients = 1000;
/** A tab must stay below what it would cost to ask the command itself, which no start does in less than this. */
const limit = 1.8;

export function measureCompletion(scratch: Scratch): Row[] {
  writeClients(scratch, 'tab-many', manyClients);
  return shells
    .filter((shell) => findExecutable(shell, process.env) !== undefined)
    .map((shell) => ({
      name: `${shell}: tab, 1,000 clients`,
      baseline: 'node -e 0',
      pair: measurePairs(runs, {
        measured: () => timeOfTab(scratch, shell, 'tab-many'),
        baseline: () => timeOf(bareNode(scratch)),
      }),
      budget: limit,
    }));
}

/** The second of two: what the shell loads at the first tab is loaded once a session. */
function timeOfTab(scratch: Scratch, shell: Shell, root: string): number {
  const { file, args } = completionCommand(shell, ['cryptosync', 'mount', '--client', ''], 2);
  const environment = { ...environmentOf(scratch), TERM: 'dumb', CRYPTOSYNC_ROOT: join(scratch.path, root) };
  const { stdout, stderr } = spawnSync(file, args, { env: environment, encoding: 'utf8', timeout: 60_000 });
  const time = Number(stdout.split('\n')[0]?.split(' ')[1]);
  if (time > 0) return time;
  throw new Error(`${shell} did not complete: ${stderr}`);
}
