import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findExecutable, missingTools, requireTool, toolMissing } from '../../../src/system/dependencies.ts';
import { hintOf, refusalOf } from '../../support/refusal.ts';
import { scratchDirectory } from '../../support/scratch.ts';

function program(path: string, mode = 0o755): void {
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, mode);
}

describe('finding a tool', () => {
  it('takes the first executable file on PATH, not a directory and not a mere file', () => {
    const [a, b, c] = [scratchDirectory(), scratchDirectory(), scratchDirectory()];
    mkdirSync(join(a, 'rclone'));
    program(join(b, 'rclone'), 0o644);
    program(join(c, 'rclone'));
    symlinkSync(join(c, 'rclone'), join(c, 'flock'));
    const PATH = ['', a, b, '/nowhere', c].join(':');
    expect(findExecutable('rclone', { PATH })).toBe(join(c, 'rclone'));
    expect(findExecutable('flock', { PATH })).toBe(join(c, 'flock'));
    expect(findExecutable('gocryptfs', { PATH })).toBeUndefined();
    expect(missingTools(['gocryptfs', 'rclone', 'flock'], { PATH })).toEqual(['gocryptfs']);
    expect(requireTool('rclone', { PATH })).toBe(join(c, 'rclone'));
  });

  it('does not go on with one that is gone, or is no program any more', () => {
    const [a, b] = [scratchDirectory(), scratchDirectory()];
    const PATH = `${a}:${b}`;
    for (const directory of [a, b]) program(join(directory, 'rclone'));
    expect(findExecutable('rclone', { PATH })).toBe(join(a, 'rclone'));
    chmodSync(join(a, 'rclone'), 0o644);
    expect(findExecutable('rclone', { PATH })).toBe(join(b, 'rclone'));
    rmSync(join(b, 'rclone'));
    expect(findExecutable('rclone', { PATH })).toBeUndefined();
    program(join(a, 'rclone'));
    expect(findExecutable('rclone', { PATH })).toBe(join(a, 'rclone'));
    expect(findExecutable('rclone', { PATH: b })).toBeUndefined();
  });

  it('looks where programs usually are when there is no PATH', () => {
    expect(findExecutable('sh', {})).toMatch(/^\/(usr\/)?bin\/sh$/);
  });
});

describe('a missing tool', () => {
  it.each([
    ['apt-get', /apt-get install .*fuse3/],
    ['dnf', /dnf install .*fuse3/],
    ['pacman', /pacman -Sy .*fuse3/],
    ['zypper', /zypper .*install fuse3/],
    ['apk', /apk add .*fuse3/],
  ])('is told with the package and the command of this machine: %s', (manager, command) => {
    const PATH = scratchDirectory();
    program(join(PATH, manager));
    const error = refusalOf(() => requireTool('fusermount3', { PATH }));
    expect(error).toMatchObject({ code: 'TOOL_MISSING', exit: 11 });
    expect(error.message).toContain('fusermount3');
    expect(hintOf(error)).toMatch(command);
  });

  it('is told with its package where the package manager is not known', () => {
    const error = toolMissing(['flock', 'rclone'], { PATH: scratchDirectory() });
    expect(hintOf(error)).toContain('Install util-linux, rclone,');
    expect(error.details).toEqual({ tools: ['flock', 'rclone'], packages: ['util-linux', 'rclone'] });
  });
});
