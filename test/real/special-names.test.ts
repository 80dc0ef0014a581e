/** A FIFO comes back under the name that it had, whatever bytes that has. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../support/installation.ts';
import { differences } from '../support/model/check.ts';
import { lookAt } from '../support/model/look.ts';
import { machineIn, runOn } from '../support/model/world.ts';

const names = [
  ...['plain', '-rf', 'a b', 'line\nfeed\n', '%s%b', 'back\\0101slash', '$(exit)', '`exit`'].map((name) =>
    Buffer.from(name),
  ),
  ...['ff', '66e9', 'e9205c303130310a', '2466ff0a0a', 'ff27225c'].map((hex) => Buffer.from(hex, 'hex')),
];

describe('a FIFO', () => {
  it('comes back under the name that it had', async ({ installation }) => {
    const first = machineIn(installation.path('world'), 'first');
    const second = machineIn(installation.path('world'), 'second');
    for (const { directory, state } of [first, second])
      for (const path of [directory, state]) mkdirSync(path, { recursive: true, mode: 0o700 });
    for (const name of names) {
      const beside = join(installation.path('world'), 'fifo');
      execFileSync('mkfifo', ['--', beside]);
      renameSync(beside, Buffer.concat([Buffer.from(`${first.directory}/`), name]));
    }
    const path = join(installation.path('world'), 'place');
    const raw = { name: 'disk', type: 'local', path, configFile: '' };
    expect(await runOn(first, { raw }, { direction: 'upload' })).toMatchObject({ kind: 'done' });
    expect(await runOn(second, { raw }, { direction: 'download' })).toMatchObject({ kind: 'done' });
    const tree = lookAt(first.directory);
    expect(tree.size).toBeGreaterThanOrEqual(names.length);
    expect(differences(tree, lookAt(second.directory))).toEqual([]);
  });
});
