/**
 * What the tool asks of a program that encrypts a vault. An engine knows its program's arguments and exit codes;
 * when to call it, locking, canaries and mount tables are the business of this folder's other files.
 */
import type { Secret } from '../secrets/secret.ts';
import type { ToolName } from '../system/dependencies.ts';
import type { CryptosyncError } from '../system/errors.ts';

export const engineNames = ['gocryptfs', 'cryfs'] as const;
export type EngineName = (typeof engineNames)[number];

export interface EngineDependencies {
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

export interface MountOptions {
  readonly readOnly: boolean;
  /** Milliseconds without access after which the engine unmounts by itself; undefined is never. */
  readonly idle: number | undefined;
  /** Lets other users than the one who mounts into the mount. */
  readonly allowOther: boolean;
}

export interface Engine {
  readonly name: EngineName;
  /** The programs it needs on PATH. */
  readonly tools: readonly ToolName[];
  /** The file in the encrypted directory without which nothing can be decrypted. */
  readonly configFile: string;
  /** As /proc/self/mountinfo names it. */
  readonly fileSystemType: string;
  /** Whether ciphertext may be copied while the vault is mounted (TOOLS.md G15, C4). */
  readonly syncsWhileMounted: boolean;
  /** How long an unmounted daemon may take to write its data and exit, in milliseconds. */
  readonly exitDeadline: number;
  /**
   * Free bytes on the disk below which it is not mounted to write: an engine that tells its callers nothing of a full
   * disk loses data (TOOLS.md C8). 0 for one that does.
   */
  readonly spaceToWrite: number;
  /** Whether it mounts only on a directory that it can write into, although it writes nothing there. */
  readonly triesMountDirectory: boolean;
  /** How many vaults may be opened at the same time; what one opening costs in memory and CPU decides. */
  readonly mountsAtOnce: number;
  /** Whether a vault holds more than what the engine puts into an empty one. `names` is its top level. */
  hasContent(encryptedDir: string, names: readonly string[]): boolean;
  /** What the mount table may show as the source for an encrypted directory. */
  mountSources(encryptedDir: string): readonly string[];
  /** @throws CONFIG_INVALID for a path of an encrypted directory that the engine can't serve */
  verifyPath(encryptedDir: string): void;
  /**
   * Makes a new vault in an empty directory and mounts it to write, as `mount` does; one call, because some engines
   * can make a vault only by mounting it.
   * @throws INVALID_PASSWORD, DISK_FULL, TOOL_MISSING, FUSE_UNAVAILABLE, MOUNT_FAILED
   */
  createMounted(
    encryptedDir: string,
    mountDir: string,
    password: Secret,
    paths: EnginePaths,
    dependencies: EngineDependencies,
  ): Promise<void>;
  /**
   * Starts the daemon. Its success proves nothing: the caller looks at the mount table and the canary.
   * @throws WRONG_PASSWORD, VAULT_MISSING, VAULT_MISMATCH, FUSE_UNAVAILABLE, MOUNT_FAILED, MOUNT_DIR_NOT_EMPTY
   */
  mount(
    encryptedDir: string,
    mountDir: string,
    password: Secret,
    options: MountOptions,
    paths: EnginePaths,
    dependencies: EngineDependencies,
  ): Promise<void>;
  /** Ciphertext files that a full disk cut short, relative paths, while nothing is mounted. */
  findTornFiles?(encryptedDir: string): string[];
  /**
   * For an engine that remembers on this machine how far a vault had come (TOOLS.md C6): the error of an older or
   * changed copy that it has found and will not open again; undefined when there is none.
   */
  findIntegrityViolation?(paths: EnginePaths): CryptosyncError | undefined;
  /**
   * Accepts the vault as it now is: moves what the engine remembers of it aside, never deletes it. The vault must be
   * unmounted.
   * @param now part of the name that it is kept under.
   * @returns where it is kept; undefined when nothing was remembered.
   */
  forgetIntegrityState?(paths: EnginePaths, now: Date): string | undefined;
  /**
   * Changes the password of an unmounted or mounted vault; the ciphertext stays as it is. Missing for an engine that
   * can't.
   * @throws WRONG_PASSWORD, INVALID_PASSWORD, DISK_FULL
   */
  changePassword?(
    encryptedDir: string,
    old: Secret,
    next: Secret,
    dependencies: EngineDependencies,
  ): Promise<void>;
  /** What older trees called the configuration that they kept outside the vault (TOOLS.md C3). */
  formerConfigName?(profile: string): string;
}

export interface EnginePaths {
  /** A directory of its own for state that belongs to this machine, not to the vault. */
  readonly stateDirectory: string;
}

export const defaultMountOptions: MountOptions = { readOnly: false, idle: undefined, allowOther: false };
