/** The CryFS engine (cryfs(1); exit codes and behaviour as seen, hazards.md C1 to C10). */
import { join } from 'node:path';
import type { Secret } from '../../secrets/secret.ts';
import { requireTool } from '../../system/dependencies.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { ensureDirectory, kindOf } from '../../system/files.ts';
import { run } from '../../system/process.ts';
import { mountsOf, readMountTable } from '../mounts/mount-table.ts';
import { findTornBlocks, hasSeveralBlocks } from './cryfs-blocks.ts';
import { configFile, lookAtIdentity } from './cryfs-config.ts';
import { deadline, exitFailure, mountFailure } from './cryfs-failure.ts';
import { findIntegrityViolation, forgetIntegrityState } from './cryfs-integrity.ts';
import type { Engine, EngineDependencies, EnginePaths } from './engine.ts';

const fileSystemType = 'fuse.cryfs';
/** What is documented; the program's own default is another (hazards.md C10). */
const defaultCipher = 'aes-256-gcm';
const cipherPrefix = 'cipher=';

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
    // killed, it loses what it has not written yet (hazards.md C7)
    killAfter: 'never',
    signal,
    daemonises: true,
  });
  const failure = exitFailure(finished, encryptedDir);
  if (failure !== undefined) throw failure;
  // exit code 0 proves nothing (hazards.md C1); libfuse mounts before it forks, so the table says it now
  const mounts = mountsOf({ sources: mountSources(encryptedDir), fileSystemType }, readMountTable());
  if (!mounts.some(({ mountPoint }) => mountPoint === mountDir)) throw mountFailure(finished, mountDir);
}

export const cryfsEngine: Engine = {
  name: 'cryfs',
  tools: ['cryfs', 'fusermount3'],
  configFile,
  leftovers: [],
  fileSystemType,
  // blocks of one file are written at different times (hazards.md C4)
  syncsWhileMounted: false,
  // an unmounted daemon first writes all that it holds in memory
  exitDeadline: 120_000,
  // on a full disk it says that all is written, fsync included, and leaves empty blocks behind (hazards.md C8)
  spaceToWrite: 16 * 1024 * 1024,
  // exit code 17 on an immutable one
  triesMountDirectory: true,
  // each opening takes about 1 GiB and two cores for 7 s (hazards.md C9)
  // the blocks of one file, and of the directories above it, are of one moment
  // and with default_permissions nobody would get in: its root is 0700, and a chmod of it does nothing (hazards.md C11)
  checksModes: false,
  isOneState: true,
  // configuration, the root's block, the canary's
  filesOfAnEmptyVault: 3,
  // a newer CryFS writes into it that it was there
  keepsInodes: false,
  rewritesConfig: true,
  lookAtIdentity,
  weaknessesOf: () => [],
  companionsOf: () => [],
  isDirectoryKey: () => false,

  // an empty vault is its root directory: one block. The canary adds one.
  hasContent: (encryptedDir, names) => hasSeveralBlocks(encryptedDir, names),
  mountSources,

  verifyPath(encryptedDir) {
    // it would end CryFS's own option and begin another
    if (!encryptedDir.includes('\\,')) return;
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `CryFS can't serve a path with a backslash before a comma: ${encryptedDir}`,
      { advice: { to: 'rename-directory' } },
    );
  },

  findTornFiles: findTornBlocks,
  findIntegrityViolation: ({ stateDirectory }) => findIntegrityViolation(stateDirectory),
  forgetIntegrityState: ({ stateDirectory }, now) => forgetIntegrityState(stateDirectory, now),
  formerConfigName: (profile) => `cryfs.${profile}.conf`,

  // There is no way to make a vault but to mount an empty directory, which costs as much as any other mount.
  async createMounted(encryptedDir, mountDir, password, paths, dependencies) {
    const flags = ['--cipher', defaultCipher];
    await startCryfs(flags, encryptedDir, mountDir, password, paths, dependencies);
    return [`${cipherPrefix}${defaultCipher}`];
  },

  async mount(encryptedDir, mountDir, password, options, paths, dependencies) {
    // without its configuration CryFS would begin a new file system among the old blocks (hazards.md C2)
    if (kindOf(join(encryptedDir, configFile)) !== 'file') {
      throw new CryptosyncError('VAULT_MISSING', `there is no ${configFile} in ${encryptedDir}`, {
        advice: { to: 'copy-config-back', configFile },
      });
    }
    const { madeWith } = paths;
    const pinned = madeWith?.find((word) => word.startsWith(cipherPrefix))?.slice(cipherPrefix.length);
    const flags = [
      ...(pinned === undefined ? [] : ['--cipher', pinned]),
      ...(options.readOnly ? ['-o', 'ro'] : []),
      ...(options.allowOther ? ['-o', 'allow_other'] : []),
      // in minutes, fractions allowed; 0 would be at once
      ...(options.idle ? ['--unmount-idle', String(options.idle / 60_000)] : []),
    ];
    await startCryfs(flags, encryptedDir, mountDir, password, paths, dependencies);
    return madeWith;
  },
};
