import { expect, it } from 'vitest';
import { checkSwap } from '../../../../src/doctor/checks/tenants/swap.ts';

const heading = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n';

it.each([
  ['no swap', '', []],
  ['compressed memory', '/dev/zram0                              partition\t8388604\t0\t100\n', []],
  ['a file', '/swapfile                               file\t\t2097148\t0\t-2\n', ['/swapfile']],
  [
    'a file and a device that is no layer of encryption',
    '/swapfile file 1 0 -2\n/dev/sdz9 partition 1 0 -3\n',
    ['/swapfile', '/dev/sdz9'],
  ],
])('%s is told where what tenants claim with could be written to it', (_what, lines, told) => {
  const found = checkSwap(heading + lines);
  expect(found.map(({ id }) => id)).toEqual(told.map(() => 'swap-open'));
  expect(found.map(({ what }) => told.find((path) => what.includes(path)))).toEqual(told);
});
