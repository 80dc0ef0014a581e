/** Free space where the tool writes: a full disk makes an engine lose data (hazards.md C8, G14, R22). */
import { type StatsFs, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { errnoOf } from '../../system/errors.ts';
import { whySick } from '../../system/stores/stores.ts';
import type { Examination, ProfileCase } from '../examination.ts';
import { type Diagnosis, machine } from '../finding.ts';
import { backendOf } from './remote-settings.ts';

const mebibyte = 1024 * 1024;
/** What a disk is for: bytes below which it is an error or a warning, and what comes of it. */
const uses = {
  vault: {
    error: 64 * mebibyte,
    warning: 1024 * mebibyte,
    holds: 'the vault',
    why: 'Files written into the vault may be lost.',
  },
  remote: {
    error: 64 * mebibyte,
    warning: 1024 * mebibyte,
    holds: 'the remote',
    why: 'The next sync fails with DISK_FULL.',
  },
  temporary: {
    error: mebibyte,
    warning: 64 * mebibyte,
    holds: 'temporary files',
    why: 'Commands that start an engine fail.',
  },
};

export function checkSpace(_examination: Examination, one: ProfileCase): Diagnosis[] {
  const { name, vault, profile } = one;
  const remote = profile.remote !== undefined && backendOf(one) === 'local' ? profile.remote.path : undefined;
  return [
    ...checkDisk(name, 'vault', vault.encryptedDir),
    ...(remote === undefined ? [] : checkDisk(name, 'remote', remote)),
  ];
}

export function checkTemporarySpace(_examination: Examination): Diagnosis[] {
  return checkDisk(machine, 'temporary', tmpdir());
}

/** Inodes that must be left; file systems that make them as needed tell none. */
const fewInodes = 1000;

function checkDisk(subject: string, use: keyof typeof uses, directory: string): Diagnosis[] {
  if (whySick(directory) !== undefined) return [];
  const disk = statfsOf(directory);
  if (disk === undefined) return [];
  const free = disk.bavail * disk.bsize;
  const { holds, why, ...limits } = uses[use];
  const base = { subject, why, mend: { to: 'make-room' as const } };
  if (free < limits.warning) {
    const severity = free < limits.error ? 'error' : 'warning';
    const what = `${Math.floor(free / mebibyte)} MiB are free for ${holds} in ${directory}`;
    return [{ ...base, id: 'disk-nearly-full', severity, what }];
  }
  if (disk.files > 0 && disk.ffree < fewInodes) {
    const what = `${disk.ffree} inodes are free for ${holds} in ${directory}`;
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
