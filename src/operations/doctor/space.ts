/** Free space where the tool writes: a full disk makes an engine lose data (TOOLS.md C8, G14, R22). */
import { type StatsFs, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { errnoOf } from '../../system/errors.ts';
import type { Examination, ProfileCase } from './examination.ts';
import { type Diagnosis, machine } from './finding.ts';
import { backendOf } from './remote-settings.ts';

const mebibyte = 1024 * 1024;
/** Bytes below which it is an error, and below which it is a warning. */
const thresholds = {
  vault: { error: 64 * mebibyte, warning: 1024 * mebibyte },
  remote: { error: 64 * mebibyte, warning: 1024 * mebibyte },
  temporary: { error: mebibyte, warning: 64 * mebibyte },
};

export function checkSpace(_examination: Examination, one: ProfileCase): Diagnosis[] {
  const { name, vault, profile } = one;
  const remote = profile.remote !== undefined && backendOf(one) === 'local' ? profile.remote.path : undefined;
  return [
    ...checkDisk(name, 'the vault', vault.encryptedDir, 'vault', 'Files written into the vault may be lost.'),
    ...(remote === undefined
      ? []
      : checkDisk(name, 'the remote', remote, 'remote', 'The next sync fails with DISK_FULL.')),
  ];
}

export function checkTemporarySpace(_examination: Examination): Diagnosis[] {
  return checkDisk(machine, 'temporary files', tmpdir(), 'temporary', 'Commands that start an engine fail.');
}

/** Inodes that must be left; file systems that make them as needed tell none. */
const fewInodes = 1000;

function checkDisk(
  subject: string,
  use: string,
  directory: string,
  kind: keyof typeof thresholds,
  why: string,
): Diagnosis[] {
  const disk = statfsOf(directory);
  if (disk === undefined) return [];
  const free = disk.bavail * disk.bsize;
  const base = { subject, why, mend: 'make room there' };
  const limits = thresholds[kind];
  if (free < limits.warning) {
    const severity = free < limits.error ? 'error' : 'warning';
    const what = `${Math.floor(free / mebibyte)} MiB are free for ${use} in ${directory}`;
    return [{ ...base, id: 'disk-nearly-full', severity, what }];
  }
  if (disk.files > 0 && disk.ffree < fewInodes) {
    const what = `${disk.ffree} inodes are free for ${use} in ${directory}`;
    return [{ ...base, id: 'disk-few-inodes', severity: 'warning', what }];
  }
  return [];
}

/** Of the directory, or of the nearest one above it that exists. */
function statfsOf(directory: string): StatsFs | undefined {
  try {
    return statfsSync(directory);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || directory === dirname(directory)) return undefined;
    return statfsOf(dirname(directory));
  }
}
