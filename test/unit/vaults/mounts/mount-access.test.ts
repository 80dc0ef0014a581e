/** What waits for a mount to come: it reads from the mount, and from nothing else. */
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  isMountEmpty,
  type PreparedReading,
  prepareReading,
  probeMount,
  readFileInMount,
  writeFileInMount,
} from '../../../../src/vaults/mounts/mount-access.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

const name = 'canary';

describe('a reading that waits for its mount', () => {
  it('reads nothing from the directory below a mount that did not come, or went away again', async () => {
    const directory = scratchDirectory();
    const prepared = preparedOn(directory, directory);
    writeFileSync(`${directory}/${name}`, 'written below\n');
    expect(await prepared.read()).toEqual({ kind: 'unreadable', said: 'not mounted any more' });
  });

  it('reads from what is another directory than the one below, also where that came before the shell', async () => {
    const directory = scratchDirectory();
    writeFileSync(`${directory}/${name}`, 'in the mount\n');
    expect(await preparedOn(directory, scratchDirectory()).read()).toEqual({
      kind: 'text',
      text: 'in the mount\n',
    });
  });

  it('leaves no process behind when nothing is read', async () => {
    const before = childrenOfThisProcess();
    const directory = scratchDirectory();
    const prepared = preparedOn(directory, directory);
    expect(childrenOfThisProcess()).toHaveLength(before.length + 1);
    prepared.forget();
    await expect.poll(childrenOfThisProcess, { timeout: 20_000 }).toEqual(before);
  });
});

describe('a call into a mount', () => {
  const path = process.env['PATH'];
  afterEach(() => {
    process.env['PATH'] = path;
  });

  it.each([
    'sh: 1: Cannot fork',
    'sh: fork: retry: Resource temporarily unavailable',
    'sh: canary: Too many open files',
    'head: Cannot allocate memory',
  ])('for which the machine has no room tells nothing of the mount: %s', async (said) => {
    const bin = scratchDirectory();
    writeFileSync(`${bin}/sh`, `#!/bin/sh\necho '${said}' >&2\nexit 2\n`, { mode: 0o755 });
    process.env['PATH'] = bin;
    const directory = scratchDirectory();
    for (const call of [
      () => readFileInMount(directory, name),
      () => writeFileInMount(directory, name, ''),
      () => isMountEmpty(directory),
      () => probeMount(directory, 1000),
      () => preparedOn(directory, directory).read(),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'LOCKED' });
  });
});

/** @param below what was there before anything was mounted. */
function preparedOn(mountDir: string, below: string): PreparedReading {
  const descriptor = openSync(below, 'r');
  try {
    return prepareReading(mountDir, name, descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function childrenOfThisProcess(): string[] {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
}
