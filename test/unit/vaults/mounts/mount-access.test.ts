/** What waits for a mount to come: it reads from the mount, and from nothing else. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { prepareReading } from '../../../../src/vaults/mounts/mount-access.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

const name = 'canary';

describe('a reading that waits for its mount', () => {
  it('reads nothing from the directory below a mount that did not come, or went away again', async () => {
    const directory = scratchDirectory();
    const prepared = prepareReading(directory, name);
    writeFileSync(`${directory}/${name}`, 'written below\n');
    expect(await prepared.read()).toEqual({ kind: 'unreadable', said: 'not mounted any more' });
  });

  it('leaves no process behind when nothing is read', async () => {
    const before = childrenOfThisProcess();
    const prepared = prepareReading(scratchDirectory(), name);
    expect(childrenOfThisProcess()).toHaveLength(before.length + 1);
    prepared.forget();
    await expect.poll(childrenOfThisProcess, { timeout: 20_000 }).toEqual(before);
  });
});

function childrenOfThisProcess(): string[] {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
}
