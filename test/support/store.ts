/** A file system that a test can make sick: it is served by a process of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { expect } from 'vitest';
import type { Installation } from './installation.ts';
import { waitUntil } from './machine.ts';

/** Mounts a store; it is served by the process that is given back. */
export async function mountStore(installation: Installation, mountPoint: string): Promise<ChildProcess> {
  const lower = mkdtempSync(installation.path('lower-'));
  mkdirSync(mountPoint);
  spawnSync('gocryptfs', ['-q', '-init', '-plaintextnames', lower], { input: 'x\n' });
  const daemon = spawn('gocryptfs', ['-fg', lower, mountPoint], { stdio: ['pipe', 'pipe', 'ignore'] });
  daemon.stdin.end('x\n');
  let said = '';
  daemon.stdout.on('data', (part: Buffer) => {
    said += part.toString();
  });
  installation.atCleanUp(() => daemon.kill('SIGKILL'));
  // before that it opens a file of its own store: killed in the midst of it, it waits for itself for ever
  expect(await waitUntil(() => said.includes('mounted and ready'), 20_000), said).toBe(true);
  return daemon;
}
