/** All of a hundred clients, in none of which anything changed, against a shell's loop of `rclone sync`. */
import { dirname, join } from 'node:path';
import type { Scratch } from '../scripts/quickstart/scratch.ts';
import { fillCiphertext } from './ciphertext.ts';
import { cryptosync, environmentOf, installClient } from './clients.ts';
import { measurePairs, type Program, timeOf } from './measure.ts';
import type { Row } from './row.ts';

const runs = 5;
const amount = process.env['BENCH_QUICK'] ? 10 : 100;
const filesOfEach = { files: 100, directories: 5, size: 4096 };

export function measureFleet(scratch: Scratch): Row[] {
  const lines = Array.from({ length: amount }, (_value, index) => {
    const client = `client${index + 1}`;
    const source = join(dirname(installClient(scratch, 'fleet', client)), 'encrypted');
    fillCiphertext(source, filesOfEach);
    return `rclone sync '${source}' '${join(scratch.path, 'fleet-bare', client)}' || exit 1`;
  });
  const ours = cryptosync(scratch, 'fleet', 'sync', '--all', '--quiet');
  const loop: Program = { file: 'sh', args: ['-c', lines.join('\n')], environment: environmentOf(scratch) };
  return [
    {
      name: `${amount} clients unchanged, --all`,
      baseline: 'rclone sync in a loop',
      pair: measurePairs(runs, { measured: () => timeOf(ours), baseline: () => timeOf(loop) }),
      budget: 0.2,
    },
  ];
}
