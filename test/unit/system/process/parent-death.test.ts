import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { endingWithUs } from '../../../../src/system/process/parent-death.ts';
import { isAlive, waitUntil } from '../../../support/machine.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

const program = { file: '/bin/sleep', args: ['60'] };

it('kills the program when its parent is killed', async () => {
  const { file, args } = endingWithUs(program, { PATH: '/usr/bin:/bin' });
  // without a pipe that could break
  const script = `const { pid } = require('node:child_process').spawn(
    ${JSON.stringify(file)}, ${JSON.stringify(args)}, { stdio: 'ignore', detached: true });
    console.log(pid);`;
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(parent.stdout, 'data');
  const pid = Number(said);
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  const isGone = await waitUntil(() => !isAlive(pid), 5000);
  if (!isGone) process.kill(pid);
  expect(isGone).toBe(true);
});

it('starts it as it is where there is no setpriv, or one that can do less', () => {
  const bin = scratchDirectory();
  expect(endingWithUs(program, { PATH: bin })).toEqual(program);
  writeFileSync(join(bin, 'busybox'), '');
  chmodSync(join(bin, 'busybox'), 0o755);
  symlinkSync('busybox', join(bin, 'setpriv'));
  expect(endingWithUs(program, { PATH: bin })).toEqual(program);
});
