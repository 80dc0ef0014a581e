/** The process that waits for the next sync: whoever closes it, or ends, leaves none behind. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { Spare } from '../../../src/executor/spare.ts';
import { childrenOf, isAlive, waitUntil } from '../../support/machine.ts';

const waiting = (): number[] => childrenOf(process.pid);
/** It says that it waits when it has loaded all that it takes, which on a busy machine is seconds. */
const saysSo = (pid: number): boolean =>
  readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('cryptosync-spar');

it('waits from the first sync on, and is gone when it is closed', async () => {
  const others = waiting();
  const spare = new Spare(process.env);
  expect(spare.take()).toBeUndefined();
  expect(await waitUntil(() => waiting().length === others.length + 1, 10_000)).toBe(true);
  await spare.close();
  expect(waiting()).toEqual(others);
  expect(spare.take()).toBeUndefined();
  await new Promise((resolve) => setImmediate(resolve));
  expect(waiting()).toEqual(others);
});

it('is replaced when it was taken, and ends when it is given no work', async () => {
  const others = waiting();
  const spare = new Spare(process.env);
  spare.take();
  expect(await waitUntil(() => waiting().length === others.length + 1, 10_000)).toBe(true);
  const [first = 0] = waiting().filter((pid) => !others.includes(pid));
  expect(await waitUntil(() => saysSo(first), 20_000)).toBe(true);
  const taken = spare.take();
  expect(await waitUntil(() => waiting().length === others.length + 2, 10_000)).toBe(true);
  taken?.dismiss();
  expect(await taken?.ended).toMatchObject({ exitCode: 0 });
  await spare.close();
  expect(waiting()).toEqual(others);
});

it('keeps a program that does not close it from nothing, and ends with it', async () => {
  const module = new URL('../../../src/executor/spare.ts', import.meta.url);
  const script = `import { Spare } from '${module}';
    import { readFileSync } from 'node:fs';
    new Spare(process.env).take();
    setTimeout(() => console.log(readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8')), 100);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  const pid = Number(stdout);
  expect(pid).toBeGreaterThan(0);
  expect(await waitUntil(() => !isAlive(pid), 10_000)).toBe(true);
});
