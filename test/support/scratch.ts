/** A temporary directory for one test of pure logic; gone when the test has ended. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export function scratchDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'cryptosync-unit-')));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
