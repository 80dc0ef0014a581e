/** The file for the textfile collector: all vaults that it is about, replaced as a whole. */
import { dirname } from 'node:path';
import { metricsLock } from '../../clients/layout.ts';
import { acquireLock, type Lock } from '../../clients/lock.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { isDirectory, verifyReplaceable, writeFileAtomic } from '../../system/files.ts';
import type { Context } from '../context.ts';
import { selectForStatus } from '../status/selection.ts';
import { readStatus, type VaultStatus } from '../status/status.ts';
import { verifyInNone } from '../sync/kept-out.ts';
import { metricsText } from './families.ts';

/** The collector is another user. */
const metricsMode = 0o644;
/** Milliseconds to wait for another command that writes the same file. */
const patience = 10_000;

/** @throws CONFIG_INVALID where there is no directory for it, or something that is no file; DISK_FULL */
export function writeMetrics(file: string, vaults: readonly VaultStatus[]): void {
  if (!isDirectory(dirname(file))) {
    throw new CryptosyncError('CONFIG_INVALID', `there is no directory for the metrics file ${file}`, {
      advice: { to: 'check-paths' },
    });
  }
  verifyReplaceable(file);
  verifyInNone(file, vaults);
  writeFileAtomic(file, metricsText(vaults), metricsMode);
}

/** Writes how all vaults are now. Of two that do so at once the later one looks after the earlier one has written. */
export async function refreshMetrics(context: Context, file: string): Promise<void> {
  // a run that was interrupted is told all the same
  const undisturbed: Context = { ...context, signal: undefined };
  const lock = await lockOf(undisturbed, file);
  try {
    const everything = { clients: [], all: true, profiles: [], allProfiles: true };
    const selection = selectForStatus(undisturbed, everything, { isNamed: false });
    const { vaults } = await readStatus(undisturbed, { ...selection, checkRemote: false });
    writeMetrics(file, vaults);
  } finally {
    lock?.release();
  }
}

/** Whoever holds it for so long is stuck: to write without it is better than not at all. */
async function lockOf(context: Context, file: string): Promise<Lock | undefined> {
  // the collector's directory is somebody else's
  const request = {
    path: metricsLock(context.root),
    subject: `the metrics file ${file}`,
    purpose: 'metrics',
  };
  try {
    return await acquireLock({ ...request, wait: patience }, context);
  } catch (error) {
    if (error instanceof CryptosyncError && error.code === 'LOCKED') return undefined;
    throw error;
  }
}
