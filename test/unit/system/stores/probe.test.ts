import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { probeDirectory } from '../../../../src/system/stores/probe.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

const path = process.env['PATH'];
afterEach(() => {
  process.env['PATH'] = path;
});

/** A PATH with a program that says something and ends so. */
function saying(program: string, said: string, status: number): string {
  const bin = scratchDirectory();
  for (const tool of ['sh', 'stat', 'tr']) if (tool !== program) symlinkSync(`/bin/${tool}`, join(bin, tool));
  writeFileSync(join(bin, program), `#!/bin/sh\necho '${said}' >&2\nexit ${status}\n`, { mode: 0o755 });
  return bin;
}

describe('a store of which nobody could be sent to ask', () => {
  it.each([
    ['sh', 'sh: 1: Cannot fork', 2],
    ['stat', 'sh: 1: Cannot fork', 2],
  ] as const)('is not called sick, now or later: %s says "%s"', (program, said, status) => {
    const directory = scratchDirectory();
    process.env['PATH'] = saying(program, said, status);
    expect(() => probeDirectory(directory)).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    process.env['PATH'] = path;
    expect(probeDirectory(directory)).toEqual({ kind: 'alive' });
  });

  it('is sick where it is asked and fails', () => {
    process.env['PATH'] = saying('stat', 'stat: cannot read: Stale file handle', 1);
    expect(probeDirectory(scratchDirectory())).toMatchObject({ kind: 'dead', errno: 'ESTALE' });
  });
});
