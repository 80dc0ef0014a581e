/** The gocryptfs engine (gocryptfs(1); exit codes as observed, docs/hazards.md). */
import { join } from 'node:path';
import { Secret } from '../../secrets/secret.ts';
import type { Advice } from '../../system/advice/index.ts';
import { requireTool } from '../../system/dependencies.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { CryptosyncError, type ErrorCode } from '../../system/errors.ts';
import { type Finished, lastLines, run } from '../../system/process.ts';
import { defaultMountOptions, type Engine, type EngineDependencies } from './engine.ts';
import { fuseAdvice, noSpaceLeft, startFailure } from './failure.ts';
import {
  companionsOf,
  configFile,
  isDirectoryKey,
  isWholeConfiguration,
  lookAtIdentity,
  ownFiles,
  weaknessesOf,
} from './gocryptfs-config.ts';
import { formatFailure } from './gocryptfs-format.ts';
import { masterKeyOf } from './gocryptfs-key.ts';
import { decryptPath, encryptPath } from './gocryptfs-names.ts';
import { topFileReader } from './top-file.ts';

const exitCodes: Readonly<Record<number, { code: ErrorCode; says: string }>> = {
  6: { code: 'MOUNT_FAILED', says: 'the encrypted directory is not empty or not usable' },
  9: { code: 'INVALID_PASSWORD', says: 'gocryptfs took the password for empty or too long' },
  10: { code: 'MOUNT_DIR_NOT_EMPTY', says: 'the mount directory is not empty' },
  11: { code: 'VAULT_MISSING', says: 'gocryptfs.conf is missing, unreadable or torn' },
  12: { code: 'WRONG_PASSWORD', says: 'the password does not open this vault' },
  15: { code: 'INTERRUPTED', says: 'gocryptfs was interrupted' },
  19: { code: 'FUSE_UNAVAILABLE', says: "FUSE can't be used" },
  24: { code: 'DISK_FULL', says: "gocryptfs.conf can't be written" },
};

/** What it says tells whether the vault is too old or the program. */
const unsupportedFormat = 27;

/** scrypt takes about 0.2 s; a slow or busy machine gets a hundred times that. */
const deadline = 60_000;

/** The text that gocryptfs prints on machines without a syslog; it means nothing. */
const harmless = /^Switch(Logger)?ToSyslog: |^Unix syslog delivery error/;

async function gocryptfs(
  args: readonly string[],
  password: Secret,
  daemonises: boolean,
  { environment, signal }: EngineDependencies,
): Promise<Finished> {
  return await run({
    file: requireTool('gocryptfs', environment),
    args,
    environment: minimalEnvironment(environment),
    input: password,
    deadline,
    signal,
    daemonises,
  });
}

function verifySuccess(finished: Finished, action: string): void {
  if (finished.exitCode === 0) return;
  const said = lastLines(
    finished.stderr
      .split('\n')
      .filter((line) => !harmless.test(line))
      .join('\n'),
  );
  const failure = startFailure(finished, 'gocryptfs', action, deadline);
  if (failure !== undefined) throw failure;
  if (noSpaceLeft.test(said)) {
    throw new CryptosyncError('DISK_FULL', `no space is left on the disk to ${action}`, { cause: said });
  }
  if (finished.exitCode === unsupportedFormat) throw formatFailure(said);
  const known = exitCodes[finished.exitCode ?? -1];
  if (known === undefined) {
    throw new CryptosyncError(
      'MOUNT_FAILED',
      `gocryptfs could not ${action} (exit ${finished.exitCode}): ${said}`,
    );
  }
  throw new CryptosyncError(known.code, known.says, { advice: adviceOn(known.code, said), cause: said });
}

function adviceOn(code: ErrorCode, said: string): Advice | undefined {
  if (code === 'VAULT_MISSING') return { to: 'copy-config-back', configFile: 'gocryptfs.conf' };
  return code === 'FUSE_UNAVAILABLE' ? fuseAdvice(said) : undefined;
}

/**
 * gocryptfs puts `_` for the commas, which separate FUSE's options. fusermount3 takes a backslash for an escape;
 * 2.6 mounts without it where it may.
 */
function mountSources(encryptedDir: string): readonly string[] {
  const name = encryptedDir.replaceAll(',', '_');
  return [name, name.replace(/\\([\s\S])/g, '$1')];
}

export const gocryptfsEngine: Engine = {
  name: 'gocryptfs',
  tools: ['gocryptfs', 'fusermount3'],
  configFile,
  // it makes a later -passwd and -init fail as if the disk were full (hazards.md G14, G19)
  leftovers: ['gocryptfs.conf.tmp'],
  fileSystemType: 'fuse.gocryptfs',
  syncsWhileMounted: true,
  exitDeadline: 30_000,

  // a write to a full disk fails and says so (hazards.md G14); removing files must stay possible
  spaceToWrite: 0,
  triesMountDirectory: false,
  checksModes: true,
  isOneState: false,
  // configuration, the root's directory key, canary
  filesOfAnEmptyVault: 3,
  keepsInodes: true,
  rewritesConfig: false,
  lookAtIdentity,
  weaknessesOf,
  companionsOf,
  isDirectoryKey,

  hasContent: (_encryptedDir, names) => names.some((name) => !ownFiles.includes(name)),

  mountSources,

  verifyPath(encryptedDir) {
    // an odd backslash at the end would swallow what follows the name in fusermount3's options
    if (!/(^|[^\\])(\\\\)*\\$/.test(encryptedDir)) return;
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `gocryptfs can't serve a path that ends in a backslash: ${encryptedDir}`,
      {
        advice: { to: 'rename-directory' },
      },
    );
  },

  async createMounted(encryptedDir, mountDir, password, paths, dependencies) {
    const finished = await gocryptfs(['-init', '-q', '--', encryptedDir], password, false, dependencies);
    verifySuccess(finished, 'make the vault');
    // another process than the one that made it: so the password is proven (hazards.md G10)
    await gocryptfsEngine.mount(encryptedDir, mountDir, password, defaultMountOptions, paths, dependencies);
    return lookAtIdentity(topFileReader(encryptedDir)).madeWith ?? [];
  },

  async mount(encryptedDir, mountDir, password, options, _paths, dependencies) {
    const flags = [
      ...(options.readOnly ? ['-ro'] : []),
      ...(options.idle === undefined ? [] : ['-idle', `${Math.ceil(options.idle / 1000)}s`]),
      ...(options.allowOther ? ['-allow_other'] : []),
      ...(options.controlSocket === undefined ? [] : ['-ctlsock', options.controlSocket]),
    ];
    const finished = await gocryptfs(
      ['-q', ...flags, '--', encryptedDir, mountDir],
      password,
      true,
      dependencies,
    );
    verifySuccess(finished, 'mount the vault');
    // a configuration that opens and is not understood here is not what any vault was made with
    const { madeWith, torn } = lookAtIdentity(topFileReader(encryptedDir));
    return madeWith ?? [torn ?? 'unknown'];
  },

  isWholeConfiguration,
  encryptPath,
  decryptPath,

  masterKey: (encryptedDir, password, dependencies) =>
    masterKeyOf(join(encryptedDir, configFile), password, dependencies),

  async changePassword(encryptedDir, old, next, dependencies) {
    // it reads the old password from the first line of stdin and the new one from the second
    const both = new Secret(Buffer.concat([old.reveal(), Buffer.from('\n'), next.reveal()]));
    try {
      const finished = await gocryptfs(['-passwd', '-q', '--', encryptedDir], both, false, dependencies);
      verifySuccess(finished, 'change the password');
    } finally {
      both.wipe();
    }
  },
};
