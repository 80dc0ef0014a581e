/** Mounting a vault, against a shell script that calls gocryptfs; unmounting it, against a bare start of node. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scratch } from '../scripts/quickstart/scratch.ts';
import { cryptosync, environmentOf, installClient, password } from './clients.ts';
import { flushDisks, measurePairs, type Program, timeOf } from './measure.ts';
import type { Row } from './row.ts';
import { bareNode } from './start.ts';

const runs = 15;

export function measureMounts(scratch: Scratch): Row[] {
  const mountDir = installClient(scratch, 'mounts', 'client1');
  const bareMount = shellScript(scratch, 'mount.sh', [
    `exec gocryptfs -q -passfile '${scratch.path}/password' -- '${mountDir}/../encrypted' '${mountDir}'`,
  ]);
  writeFileSync(join(scratch.path, 'password'), `${password}\n`, { mode: 0o600 });
  const mount = cryptosync(scratch, 'mounts', 'mount', '--client', 'client1', '--quiet');
  const unmount = cryptosync(scratch, 'mounts', 'unmount', '--client', 'client1', '--quiet');
  // each undoes what the other measures, by the other's own means
  const timed = (program: Program, before: Program | undefined, after: Program | undefined): number => {
    if (before !== undefined) timeOf(before);
    flushDisks();
    const time = timeOf(program);
    if (after !== undefined) timeOf(after);
    return time;
  };
  return [
    {
      name: 'mount',
      baseline: 'gocryptfs in a shell script',
      pair: measurePairs(runs, {
        measured: () => timed(mount, undefined, unmount),
        baseline: () => timed(bareMount, undefined, unmount),
      }),
      budget: 1.5,
    },
    {
      name: 'unmount',
      baseline: 'node -e 0',
      pair: measurePairs(runs, {
        measured: () => timed(unmount, mount, undefined),
        baseline: () => timed(bareNode(scratch), undefined, undefined),
      }),
      budget: 3,
    },
  ];
}

function shellScript(scratch: Scratch, name: string, lines: readonly string[]): Program {
  const path = join(scratch.path, name);
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
  return { file: path, args: [], environment: environmentOf(scratch) };
}
