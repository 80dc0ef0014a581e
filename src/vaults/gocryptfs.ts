/** The gocryptfs engine (gocryptfs(1); exit codes as observed, TOOLS.md). */
import { Secret } from '../secrets/secret.ts';
import { requireTool } from '../system/dependencies.ts';
import { minimalEnvironment } from '../system/environment.ts';
import { CryptosyncError, type ErrorCode } from '../system/errors.ts';
import { type Finished, lastLines, run } from '../system/process.ts';
import { defaultMountOptions, type Engine, type EngineDependencies } from './engine.ts';
import { fuseHint, noSpaceLeft, startFailure } from './engine-failure.ts';

const exitCodes: Readonly<Record<number, { code: ErrorCode; says: string }>> = {
  6: { code: 'MOUNT_FAILED', says: 'the encrypted directory is not empty or not usable' },
  9: { code: 'INVALID_PASSWORD', says: 'gocryptfs took the password for empty or too long' },
  10: { code: 'MOUNT_DIR_NOT_EMPTY', says: 'the mount directory is not empty' },
  11: { code: 'VAULT_MISSING', says: 'gocryptfs.conf is missing, unreadable or torn' },
  12: { code: 'WRONG_PASSWORD', says: 'the password does not open this vault' },
  15: { code: 'INTERRUPTED', says: 'gocryptfs was interrupted' },
  19: { code: 'FUSE_UNAVAILABLE', says: "FUSE can't be used" },
  24: { code: 'DISK_FULL', says: "gocryptfs.conf can't be written" },
  27: { code: 'TOOL_TOO_OLD', says: 'this gocryptfs does not know the format of this vault' },
};

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
  const known = exitCodes[finished.exitCode ?? -1];
  if (known === undefined) {
    throw new CryptosyncError(
      'MOUNT_FAILED',
      `gocryptfs could not ${action} (exit ${finished.exitCode}): ${said}`,
    );
  }
  throw new CryptosyncError(known.code, known.says, { hint: hintFor(known.code, said), cause: said });
}

function hintFor(code: ErrorCode, said: string): string | undefined {
  if (code === 'VAULT_MISSING') {
    return 'Copy gocryptfs.conf back from the remote or another copy of the vault. Nothing decrypts without it.';
  }
  return code === 'FUSE_UNAVAILABLE' ? fuseHint(said) : undefined;
}

const ownFiles: readonly string[] = ['gocryptfs.conf', 'gocryptfs.diriv'];

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
  configFile: 'gocryptfs.conf',
  fileSystemType: 'fuse.gocryptfs',
  syncsWhileMounted: true,
  exitDeadline: 30_000,

  // a write to a full disk fails and says so (TOOLS.md G14); removing files must stay possible
  spaceToWrite: 0,
  triesMountDirectory: false,
  mountsAtOnce: 8,

  hasContent: (_encryptedDir, names) => names.some((name) => !ownFiles.includes(name)),

  mountSources,

  verifyPath(encryptedDir) {
    // an odd backslash at the end would swallow what follows the name in fusermount3's options
    if (!/(^|[^\\])(\\\\)*\\$/.test(encryptedDir)) return;
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `gocryptfs can't serve a path that ends in a backslash: ${encryptedDir}`,
      {
        hint: 'Give the directory another name.',
      },
    );
  },

  async createMounted(encryptedDir, mountDir, password, paths, dependencies) {
    const finished = await gocryptfs(['-init', '-q', '--', encryptedDir], password, false, dependencies);
    verifySuccess(finished, 'make the vault');
    // another process than the one that made it: so the password is proven (TOOLS.md G10)
    await gocryptfsEngine.mount(encryptedDir, mountDir, password, defaultMountOptions, paths, dependencies);
  },

  async mount(encryptedDir, mountDir, password, options, _paths, dependencies) {
    const flags = [
      ...(options.readOnly ? ['-ro'] : []),
      ...(options.idle === undefined ? [] : ['-idle', `${Math.ceil(options.idle / 1000)}s`]),
      ...(options.allowOther ? ['-allow_other'] : []),
    ];
    const finished = await gocryptfs(
      ['-q', ...flags, '--', encryptedDir, mountDir],
      password,
      true,
      dependencies,
    );
    verifySuccess(finished, 'mount the vault');
  },

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
