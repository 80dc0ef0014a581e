/**
 * Making a new vault. It is made in a directory of its own beside the final place, opened with the password, given
 * its canary, written to disk and only then renamed into place: whatever interrupts this leaves either no vault or a
 * whole one whose password is proven (hazards.md G9, G10, G14). The caller holds the vault's lock.
 */
import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Secret } from '../secrets/secret.ts';
import { CryptosyncError } from '../system/errors.ts';
import { ensureDirectory, kindOf, rename, syncDirectory } from '../system/files.ts';
import { removeIfEmpty, removeTree } from '../system/paths/removal.ts';
import { verifyWay } from '../system/paths/walk.ts';
import type { Engine, EngineDependencies, MadeWith } from './engines/engine.ts';
import { mountNewVault } from './mounting.ts';
import { setImmutable } from './mounts/mount-point.ts';
import { forgetRecords } from './records.ts';
import { unmountVault } from './unmounting.ts';
import type { Vault } from './vault.ts';
import { verifySpace } from './vault-directory.ts';

/** Bytes that a new vault needs at the least, with room to spare. */
const neededSpace = 1024 * 1024;

/** The directory in which a vault for `encryptedDir` is made. A profile's name can't begin with a dot. */
export function workshopFor(encryptedDir: string): string {
  return join(dirname(encryptedDir), `.${basename(encryptedDir)}.new`);
}

function unfinishedVault(engine: Engine, workshop: string, recordsDirectory: string): Vault {
  return {
    engine,
    encryptedDir: join(workshop, 'cipher'),
    mountDir: join(workshop, 'plain'),
    vaultId: undefined,
    // thrown away with the workshop: an engine may remember the path, and at that path every vault is a new one
    stateDirectory: join(workshop, 'state'),
    // by id: what is kept there of the vault holds for its final place as well
    recordsDirectory,
  };
}

/**
 * Makes a vault at `encryptedDir`, which must not exist or be empty.
 * @param paths what the engine remembers there of a former vault at this place is moved aside.
 * @returns what it was made with.
 * @throws CONFIG_INVALID, DISK_FULL, FUSE_UNAVAILABLE, INVALID_PASSWORD, TOOL_MISSING, MOUNT_FAILED; then nothing is there.
 */
export async function createVault(
  engine: Engine,
  encryptedDir: string,
  password: Secret,
  vaultId: string,
  paths: Pick<Vault, 'stateDirectory' | 'recordsDirectory'>,
  dependencies: EngineDependencies,
): Promise<MadeWith> {
  engine.verifyPath(encryptedDir);
  const parent = dirname(encryptedDir);
  ensureDirectory(parent, 0o700);
  verifySpace(parent, Math.max(neededSpace, engine.spaceToWrite));
  const workshop = workshopFor(encryptedDir);
  const unfinished = unfinishedVault(engine, workshop, paths.recordsDirectory);
  await clearWorkshop(workshop, unfinished, dependencies);
  let madeWith: MadeWith;
  try {
    ensureDirectory(unfinished.encryptedDir, 0o700, parent);
    madeWith = await mountNewVault(unfinished, password, vaultId, dependencies);
    if (!(await unmountUnfinished(unfinished, dependencies))) {
      throw new CryptosyncError('DISK_FULL', `the new vault could not be written whole in ${parent}`);
    }
    syncTree(unfinished.encryptedDir);
    engine.forgetIntegrityState?.(paths, new Date());
    rename(unfinished.encryptedDir, encryptedDir, parent);
  } catch (error) {
    forgetRecords(paths.recordsDirectory, vaultId);
    // what went wrong first is what counts; what can't be removed now, the next run removes
    await clearWorkshop(workshop, unfinished, { environment: dependencies.environment }).catch(() => {});
    throw error;
  }
  await clearWorkshop(workshop, unfinished, { environment: dependencies.environment });
  return madeWith;
}

/** @returns false when the engine could not write all of the vault, as a full disk leaves it. */
async function unmountUnfinished(vault: Vault, dependencies: EngineDependencies): Promise<boolean> {
  try {
    await unmountVault(vault, { lazily: false }, dependencies);
    return true;
  } catch (error) {
    if (error instanceof CryptosyncError && error.code === 'VERIFY_FAILED') return false;
    throw error;
  }
}

/** Removes what an interrupted `createVault` left beside an encrypted directory. The caller holds the vault's lock. */
export async function clearInterruptedCreation(
  engine: Engine,
  encryptedDir: string,
  dependencies: EngineDependencies,
): Promise<void> {
  const workshop = workshopFor(encryptedDir);
  await clearWorkshop(workshop, unfinishedVault(engine, workshop, join(workshop, 'records')), dependencies);
}

/** Removes what an interrupted run left: a vault that nobody has ever put a file into. */
async function clearWorkshop(
  workshop: string,
  unfinished: Vault,
  dependencies: EngineDependencies,
): Promise<void> {
  if (kindOf(workshop) === 'none') return;
  // a link that somebody set there is not followed
  verifyWay(workshop, dirname(workshop));
  await unmountUnfinished(unfinished, dependencies);
  await setImmutable(unfinished.mountDir, false, dependencies.environment);
  // not recursive: should it be mounted all the same, nothing in it is touched
  removeIfEmpty(unfinished.mountDir, dirname(workshop));
  removeTree(workshop);
}

/** Flushes every file and directory below `directory` to disk. */
function syncTree(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      syncTree(path);
    } else if (entry.isFile()) {
      const descriptor = openSync(path, 'r');
      try {
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    }
  }
  syncDirectory(directory);
}
