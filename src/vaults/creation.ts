/**
 * Making a new vault. It is made in a directory of its own beside the final place, opened with the password, given
 * its canary, written to disk and only then renamed into place: whatever interrupts this leaves either no vault or a
 * whole one whose password is proven (TOOLS.md G9, G10, G14). The caller holds the vault's lock.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Secret } from '../secrets/secret.ts';
import { CryptosyncError } from '../system/errors.ts';
import { ensureDirectory, kindOf, syncDirectory } from '../system/files.ts';
import { defaultMountOptions, type Engine, type EngineDependencies, type EnginePaths } from './engine.ts';
import { setImmutable } from './mount-point.ts';
import { mountVault, unmountVault, type Vault } from './mounting.ts';

/** Bytes that a new vault needs at the least, with room to spare. */
const neededSpace = 1024 * 1024;

/** The directory in which a vault for `encryptedDir` is made. A profile's name can't begin with a dot. */
function workshopFor(encryptedDir: string): string {
  return join(dirname(encryptedDir), `.${basename(encryptedDir)}.new`);
}

/**
 * Makes a vault at `encryptedDir`, which must not exist or be empty.
 * @throws DISK_FULL, FUSE_UNAVAILABLE, INVALID_PASSWORD, TOOL_MISSING, MOUNT_FAILED; then nothing is there.
 */
export async function createVault(
  engine: Engine,
  encryptedDir: string,
  password: Secret,
  vaultId: string,
  paths: EnginePaths,
  dependencies: EngineDependencies,
): Promise<void> {
  const parent = dirname(encryptedDir);
  ensureDirectory(parent, 0o700);
  verifySpace(parent);
  const workshop = workshopFor(encryptedDir);
  const unfinished: Vault = {
    ...paths,
    engine,
    encryptedDir: join(workshop, 'cipher'),
    mountDir: join(workshop, 'plain'),
    vaultId: undefined,
  };
  await clearWorkshop(workshop, unfinished, dependencies);
  mkdirSync(unfinished.encryptedDir, { recursive: true, mode: 0o700 });
  mkdirSync(unfinished.mountDir, { mode: 0o700 });
  try {
    await engine.initialise(unfinished.encryptedDir, password, paths, dependencies);
    await mountVault(unfinished, password, defaultMountOptions, vaultId, dependencies);
    await unmountVault(unfinished, { lazily: false }, dependencies);
    syncTree(unfinished.encryptedDir);
    renameSync(unfinished.encryptedDir, encryptedDir);
    syncDirectory(parent);
  } finally {
    await clearWorkshop(workshop, unfinished, { environment: dependencies.environment });
  }
}

/** Removes what an interrupted run left: a vault that nobody has ever put a file into. */
async function clearWorkshop(
  workshop: string,
  unfinished: Vault,
  dependencies: EngineDependencies,
): Promise<void> {
  if (kindOf(workshop) === 'none') return;
  await unmountVault(unfinished, { lazily: false }, dependencies);
  await setImmutable(unfinished.mountDir, false, dependencies.environment);
  // not recursive: should it be mounted all the same, nothing in it is touched
  if (kindOf(unfinished.mountDir) !== 'none') rmdirSync(unfinished.mountDir);
  rmSync(workshop, { recursive: true, force: true });
}

function verifySpace(directory: string): void {
  const { bavail, bsize, ffree, files } = statfsSync(directory);
  if (bavail * bsize >= neededSpace && (files === 0 || ffree > 10)) return;
  throw new CryptosyncError('DISK_FULL', `there is no room for a vault in ${directory}`);
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
