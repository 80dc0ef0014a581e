/** What only has another name is moved at the place. */
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Machine, machineAt } from '../support/machines.ts';
import { servedPlace } from '../support/served-place.ts';
import { readTree, writeFiles } from '../support/tree.ts';

const served = servedPlace();

describe.each(served.kinds)('on %s', (_, remoteOf) => {
  let one: Machine;
  let two: Machine;
  const { place } = served;
  beforeEach(() => {
    one = machineAt(served.own('one'), 'one', remoteOf());
    two = machineAt(served.own('two'), 'two', remoteOf());
  });
  afterEach(() => {
    for (const path of [place(), served.own('one'), served.own('two')])
      rmSync(path, { recursive: true, force: true });
  });

  it('a renamed file and a renamed directory are moved, and not sent again', async () => {
    writeFiles(one.tree, {
      big: 'b'.repeat(100_000),
      'd/1': 'c'.repeat(50_000),
      'd/e/2': 'd'.repeat(50_000),
    });
    await one.upload();
    renameSync(join(one.tree, 'big'), join(one.tree, 'bigger'));
    renameSync(join(one.tree, 'd'), join(one.tree, 'dd'));
    expect((await one.upload()).transferred.bytes).toBe(0);
    await two.download();
    expect(readTree(two.tree)).toEqual(readTree(one.tree));
  });
});
