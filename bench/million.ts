/** A million files of which none changed, against a bare walk by the same node. To make them takes half an hour. */
import { dirname, join } from 'node:path';
import type { Scratch } from '../scripts/quickstart/scratch.ts';
import { fillCiphertext } from './ciphertext.ts';
import { cryptosync, environmentOf, installClient } from './clients.ts';
import { measurePairs, type Program, timeOf } from './measure.ts';
import type { Row } from './row.ts';

const runs = 3;
const amount = process.env['BENCH_QUICK']
  ? { files: 10_000, directories: 100, size: 16 }
  : { files: 1_000_000, directories: 10_000, size: 16 };

const walk = `
const { lstatSync, readdirSync } = require('node:fs');
const walk = (directory) => {
  for (const name of readdirSync(directory))
    if (lstatSync(directory + '/' + name).isDirectory()) walk(directory + '/' + name);
};
walk(process.argv[1]);`;

export function measureMillion(scratch: Scratch): Row[] {
  const source = join(dirname(installClient(scratch, 'million', 'client1')), 'encrypted');
  fillCiphertext(source, amount);
  const ours = cryptosync(scratch, 'million', 'sync', '--client', 'client1', '--quiet');
  const bare: Program = {
    file: process.execPath,
    args: ['-e', walk, source],
    environment: environmentOf(scratch),
  };
  return [
    {
      name: `${amount.files.toLocaleString('en')} files unchanged, local folder`,
      baseline: 'lstat of each in node',
      pair: measurePairs(runs, { measured: () => timeOf(ours), baseline: () => timeOf(bare) }),
      budget: 2,
    },
  ];
}
