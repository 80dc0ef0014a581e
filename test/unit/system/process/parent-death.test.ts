import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { endingWithUs } from '../../../../src/system/process/parent-death.ts';
import { isAlive, waitUntil } from '../../../support/machine.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

const program = { file: '/bin/sleep', args: ['60'] };

it.each([
  ['when it was told so', ''],
  ['before it was told', 'sleep 1'],
])('kills the program when its parent is killed, %s', async (_when, late) => {
  const bin = scratchDirectory();
  writeFileSync(join(bin, 'setpriv'), `#!/bin/sh\n${late}\nexec /usr/bin/setpriv "$@"\n`, { mode: 0o755 });
  // the process id of the parent stands in the arguments, and there is no pipe that could break
  const module = new URL('../../../../src/system/process/parent-death.ts', import.meta.url);
  const script = `import { spawn } from 'node:child_process';
    import { endingWithUs } from ${JSON.stringify(module.href)};
    const { file, args } = endingWithUs(${JSON.stringify(program)}, { PATH: ${JSON.stringify(bin)} });
    console.log(spawn(file, args, { stdio: 'ignore', detached: true }).pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
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
