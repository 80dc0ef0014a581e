/** A vault of 5,000 files to a folder, for the first time and unchanged, against bare `rclone sync`. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Scratch } from '../scripts/quickstart/scratch.ts';
import { cryptosync, environmentOf, installClient } from './clients.ts';
import { flushDisks, measurePairs, type Program, timeOf } from './measure.ts';
import type { Row } from './row.ts';

const firstRuns = 7;
const unchangedRuns = 15;
const files = 5000;
const filesInDirectory = 50;
const fileSize = 8192;

export function measureSyncs(scratch: Scratch): Row[] {
  const mountDir = installClient(scratch, 'syncs', 'client1');
  fillVault(scratch, mountDir);
  const source = join(dirname(mountDir), 'encrypted');
  const ours = (target: string): Program =>
    cryptosync(scratch, 'syncs', 'sync', '--client', 'client1', '--quiet', target);
  const bare = (target: string): Program => ({
    file: 'rclone',
    args: ['sync', source, target],
    environment: environmentOf(scratch),
  });
  const target = (name: string): string => join(scratch.path, 'targets', name);
  let number = 0;
  const fresh = (program: (target: string) => Program, name: string): number => {
    flushDisks();
    // none is removed before the end: ext4 looks at each inode that was freed in the last minutes before it gives a new one
    number += 1;
    return timeOf(program(target(`${name}-${number}`)));
  };
  const first = measurePairs(firstRuns, {
    measured: () => fresh(ours, 'ours'),
    baseline: () => fresh(bare, 'bare'),
  });
  for (const [program, name] of [
    [ours, 'ours'],
    [bare, 'bare'],
  ] as const)
    timeOf(program(target(name)));
  flushDisks();
  const unchanged = measurePairs(unchangedRuns, {
    measured: () => timeOf(ours(target('ours'))),
    baseline: () => timeOf(bare(target('bare'))),
  });
  return [
    {
      name: 'first sync of 5,000 files to a folder',
      baseline: 'rclone sync',
      pair: first,
      budget: 1.15,
    },
    { name: 'the same, unchanged', baseline: 'rclone sync', pair: unchanged, budget: undefined },
  ];
}

/** Writes the files through the mount, as a client would. */
function fillVault(scratch: Scratch, mountDir: string): void {
  timeOf(cryptosync(scratch, 'syncs', 'mount', '--client', 'client1', '--quiet'));
  for (let number = 0; number < files; number += 1) {
    const directory = join(mountDir, `directory ${Math.floor(number / filesInDirectory)}`);
    if (number % filesInDirectory === 0) mkdirSync(directory);
    writeFileSync(join(directory, `file ${number}`), randomBytes(fileSize));
  }
  timeOf(cryptosync(scratch, 'syncs', 'unmount', '--client', 'client1', '--quiet'));
}
