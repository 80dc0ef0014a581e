/** What CryFS's files and exit codes mean, without CryFS. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finished } from '../../../../src/system/process.ts';
import { cryfsEngine } from '../../../../src/vaults/engines/cryfs.ts';
import { exitFailure, mountFailure } from '../../../../src/vaults/engines/cryfs-failure.ts';
import { inspectEncryptedDirectory } from '../../../../src/vaults/vault-directory.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cryptosync-cryfs-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function put(name: string, content: string | Buffer): void {
  mkdirSync(dirname(join(directory, name)), { recursive: true });
  writeFileSync(join(directory, name), content);
}

const rootBlock = 'DDB/777F11A12B482CD0DE07155F50E2E';
const otherBlock = '414/41F6486486832F090A623DE325ED3';
const thirdBlock = '414/51F6486486832F090A623DE325ED3';
const whole = Buffer.alloc(16384, 1);

describe('an encrypted directory of CryFS', () => {
  it('has content when there is a block besides the root directory', () => {
    put('cryfs.config', 'config');
    expect(inspectEncryptedDirectory(cryfsEngine, directory)).toEqual({ kind: 'vault', hasContent: false });
    put(rootBlock, whole);
    expect(inspectEncryptedDirectory(cryfsEngine, directory)).toEqual({ kind: 'vault', hasContent: false });
    put(otherBlock, whole);
    expect(inspectEncryptedDirectory(cryfsEngine, directory)).toEqual({ kind: 'vault', hasContent: true });
  });

  it('is no vault without its configuration (C2)', () => {
    put(rootBlock, whole);
    expect(inspectEncryptedDirectory(cryfsEngine, directory)).toMatchObject({ kind: 'other' });
  });

  it('has torn blocks where some are shorter than the others, or empty (C8)', () => {
    const torn = () => cryfsEngine.findTornFiles?.(directory);
    put('ABC', 'a file that is no directory of blocks');
    put('DDB/notes.txt', 'a file that is no block');
    expect(torn()).toEqual([]);
    put(rootBlock, whole);
    put(otherBlock, whole);
    expect(torn()).toEqual([]);
    put(otherBlock, '');
    put(thirdBlock, whole.subarray(0, 4096));
    expect(torn()?.sort()).toEqual([otherBlock, thirdBlock]);
    put(rootBlock, '');
    rmSync(join(directory, thirdBlock));
    expect(torn()?.sort()).toEqual([otherBlock, rootBlock]);
    expect(cryfsEngine.findTornFiles?.(join(directory, 'missing'))).toEqual([]);
  });
});

describe('the integrity state of CryFS', () => {
  const head = 'cryfs.integritydata.knownblockversions;1\0';
  const file = 'filesystems/7125E07919A3895E5E814EFB9B8EBF9A/integritydata';
  const violation = () => cryfsEngine.findIntegrityViolation?.({ stateDirectory: directory });

  it('tells a recorded violation from none', () => {
    expect(violation()).toBeUndefined();
    put(file, `${head}\0rest`);
    expect(violation()).toBeUndefined();
    put(file, `${head}\u0001rest`);
    expect(violation()).toMatchObject({ code: 'VAULT_MISMATCH', exit: 15 });
    put(file, 'another format;2\0\u0001');
    expect(violation()).toBeUndefined();
  });

  it('is moved aside under a name of its own each time, and never deleted (C6)', () => {
    const now = new Date('2026-01-31T02:00:00Z');
    const stateDirectory = join(directory, 'state');
    const forget = () => cryfsEngine.forgetIntegrityState?.({ stateDirectory }, now);
    expect(forget()).toBeUndefined();
    put('state/basedirs', 'first');
    expect(forget()).toBe(`${stateDirectory}.before-rollback-20260131T020000Z`);
    put('state/basedirs', 'second');
    expect(forget()).toBe(`${stateDirectory}.before-rollback-20260131T020000Z-2`);
  });
});

describe('the end of CryFS', () => {
  const ended = (exitCode: number, stderr = ''): Finished => ({
    exitCode,
    signal: undefined,
    stdout: '',
    stderr,
    timedOut: false,
  });

  it.each([
    [1, 'MOUNT_FAILED'],
    [11, 'WRONG_PASSWORD'],
    [12, 'INVALID_PASSWORD'],
    [13, 'TOOL_TOO_OLD'],
    [14, 'MOUNT_FAILED'],
    [15, 'VAULT_MISMATCH'],
    [16, 'MOUNT_FAILED'],
    [17, 'MOUNT_FAILED'],
    [18, 'CONFIG_INVALID'],
    [19, 'VAULT_MISMATCH'],
    [20, 'VAULT_MISMATCH'],
    [21, 'VAULT_MISMATCH'],
    [24, 'VAULT_MISMATCH'],
    [25, 'VAULT_MISMATCH'],
    [99, 'MOUNT_FAILED'],
  ])('with %i is %s', (exitCode, code) => {
    expect(exitFailure(ended(exitCode), '/e')).toMatchObject({ code });
  });

  it('with 0 is no failure by itself', () => {
    expect(exitFailure(ended(0), '/e')).toBeUndefined();
  });

  it('that the disk caused is DISK_FULL, whatever the exit code', () => {
    expect(exitFailure(ended(1, 'Error 1: No space left on device'), '/e')).toMatchObject({
      code: 'DISK_FULL',
    });
  });

  it('that took too long says so', () => {
    expect(exitFailure({ ...ended(1), timedOut: true }, '/e')?.message).toContain('120 s');
  });

  it('without a mount tells libfuse’s reason, and only that (C1)', () => {
    const noise = 'Deriving encryption key (this can take some time)...done\n';
    const why = (stderr: string) => mountFailure(ended(0, noise + stderr), '/m');
    expect(why('fuse: mountpoint is not empty\n')).toMatchObject({ code: 'MOUNT_DIR_NOT_EMPTY' });
    for (const said of [
      "fuse: device not found, try 'modprobe fuse' first\n",
      'fuse: device /dev/fuse not found. Kernel module not loaded?\n',
    ]) {
      const unavailable = why(said);
      expect(unavailable).toMatchObject({
        code: 'FUSE_UNAVAILABLE',
        advice: { to: 'load-fuse-module' },
      });
      expect(unavailable.cause).not.toContain('Deriving');
    }
    expect(why('[Log] [error] Could not load blob A. Is the base directory accessible?')).toMatchObject({
      code: 'VAULT_MISMATCH',
    });
    expect(why('')).toMatchObject({ code: 'MOUNT_FAILED' });
  });
});
