/** A file system that a test can make sick: it is served by a process of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { expect } from 'vitest';
import type { Installation } from './installation.ts';
import { mountsBelow, waitUntil } from './machine.ts';

/** Mounts a store; it is served by the process that is given back. */
export async function mountStore(installation: Installation, mountPoint: string): Promise<ChildProcess> {
  const lower = mkdtempSync(installation.path('lower-'));
  mkdirSync(mountPoint);
  spawnSync('gocryptfs', ['-q', '-init', '-plaintextnames', lower], { input: 'x\n' });
  const daemon = spawn('gocryptfs', ['-q', '-fg', lower, mountPoint], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  daemon.stdin?.end('x\n');
  installation.atCleanUp(() => daemon.kill('SIGKILL'));
  expect(await waitUntil(() => mountsBelow(mountPoint).length > 0, 10_000)).toBe(true);
  return daemon;
}
