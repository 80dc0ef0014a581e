/** The CryFS engine (cryfs(1); exit codes and behaviour as observed, TOOLS.md C1 to C10). */
import { join } from 'node:path';
import type { Secret } from '../secrets/secret.ts';
import { requireTool } from '../system/dependencies.ts';
import { minimalEnvironment } from '../system/environment.ts';
import { CryptosyncError } from '../system/errors.ts';
import { ensureDirectory, kindOf } from '../system/files.ts';
import { run } from '../system/process.ts';
import { findTornBlocks, hasSeveralBlocks } from './cryfs-blocks.ts';
import { deadline, exitFailure, mountFailure } from './cryfs-failure.ts';
import { findIntegrityViolation, forgetIntegrityState } from './cryfs-integrity.ts';
import type { Engine, EngineDependencies, EnginePaths } from './engine.ts';
import { mountsOf, readMountTable } from './mount-table.ts';

const configFile = 'cryfs.config';
const fileSystemType = 'fuse.cryfs';
/** What is documented; the program's own default is another (TOOLS.md C10). */
const cipher = 'aes-256-gcm';

/**
 * The name in the mount table. CryFS hands it to libfuse with its commas escaped and its backslashes not, so libfuse
 * takes each for an escape: three octal digits for a byte, anything else for itself. One at the end stays.
 */
function mountSources(encryptedDir: string): readonly string[] {
  const shown = encryptedDir.replace(
    /\\(?:([0-3][0-7]{2})|([\s\S]))/g,
    (_all, octal?: string, other?: string) =>
      octal === undefined ? (other ?? '') : String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return [`cryfs@${shown}`];
}

/** Starts CryFS, which derives the key, mounts, and leaves its daemon behind. @throws as `Engine.mount` */
async function startCryfs(
  flags: readonly string[],
  encryptedDir: string,
  mountDir: string,
  password: Secret,
  { stateDirectory }: EnginePaths,
  { environment, signal }: EngineDependencies,
): Promise<void> {
  ensureDirectory(stateDirectory, 0o700);
  const finished = await run({
    file: requireTool('cryfs', environment),
    args: [...flags, encryptedDir, mountDir],
    environment: {
      ...minimalEnvironment(environment),
      // without it a password on stdin makes it ask, and print, for ever
      CRYFS_FRONTEND: 'noninteractive',
      CRYFS_NO_UPDATE_CHECK: 'true',
      CRYFS_LOCAL_STATE_DIR: stateDirectory,
    },
    input: password,
    deadline,
    // killed, it loses what it has not written yet (TOOLS.md C7)
    killAfter: 'never',
    signal,
    daemonises: true,
  });
  const failure = exitFailure(finished, encryptedDir);
  if (failure !== undefined) throw failure;
  // exit code 0 proves nothing (TOOLS.md C1); libfuse mounts before it forks, so the table says it now
  const mounts = mountsOf({ sources: mountSources(encryptedDir), fileSystemType }, readMountTable());
  if (!mounts.some(({ mountPoint }) => mountPoint === mountDir)) throw mountFailure(finished, mountDir);
}

export const cryfsEngine: Engine = {
  name: 'cryfs',
  tools: ['cryfs', 'fusermount3'],
  configFile,
  fileSystemType,
  // blocks of one file are written at different times (TOOLS.md C4)
  syncsWhileMounted: false,
  // an unmounted daemon first writes all that it holds in memory
  exitDeadline: 120_000,
  // on a full disk it says that all is written, fsync included, and leaves empty blocks behind (TOOLS.md C8)
  spaceToWrite: 16 * 1024 * 1024,
  // exit code 17 on an immutable one
  triesMountDirectory: true,
  // each opening takes about 1 GiB and two cores for 7 s (TOOLS.md C9)
  mountsAtOnce: 2,

  // an empty vault is its root directory: one block. The canary adds one.
  hasContent: (encryptedDir, names) => hasSeveralBlocks(encryptedDir, names),
  mountSources,

  verifyPath(encryptedDir) {
    // it would end CryFS's own option and begin another
    if (!encryptedDir.includes('\\,')) return;
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `CryFS can't serve a path with a backslash before a comma: ${encryptedDir}`,
      { hint: 'Give the directory another name.' },
    );
  },

  findTornFiles: findTornBlocks,
  findIntegrityViolation: ({ stateDirectory }) => findIntegrityViolation(stateDirectory),
  forgetIntegrityState: ({ stateDirectory }, now) => forgetIntegrityState(stateDirectory, now),
  formerConfigName: (profile) => `cryfs.${profile}.conf`,

  // There is no way to make a vault but to mount an empty directory, which costs as much as any other mount.
  async createMounted(encryptedDir, mountDir, password, paths, dependencies) {
    await startCryfs(['--cipher', cipher], encryptedDir, mountDir, password, paths, dependencies);
  },

  async mount(encryptedDir, mountDir, password, options, paths, dependencies) {
    // without its configuration CryFS would begin a new file system among the old blocks (TOOLS.md C2)
    if (kindOf(join(encryptedDir, configFile)) !== 'file') {
      throw new CryptosyncError('VAULT_MISSING', `there is no ${configFile} in ${encryptedDir}`, {
        hint: `Copy ${configFile} back from the remote or another copy of the vault. Nothing decrypts without it.`,
      });
    }
    const flags = [
      ...(options.readOnly ? ['-o', 'ro'] : []),
      ...(options.allowOther ? ['-o', 'allow_other'] : []),
      // in minutes, fractions allowed; 0 would be at once
      ...(options.idle ? ['--unmount-idle', String(options.idle / 60_000)] : []),
    ];
    await startCryfs(flags, encryptedDir, mountDir, password, paths, dependencies);
  },
};
