/**
 * What the tool asks of a program that encrypts a vault. An engine knows its program's arguments and exit codes;
 * when to call it, locking, canaries and mount tables are the business of this folder's other files.
 */
import type { Secret } from '../secrets/secret.ts';
import type { ToolName } from '../system/dependencies.ts';

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
  /** True for what the engine itself puts at the top of an empty vault. */
  isOwnFile(name: string): boolean;
  /** The source that the mount table will show for an encrypted directory. */
  mountSource(encryptedDir: string): string;
  /** Makes a new vault in an empty directory. @throws INVALID_PASSWORD, DISK_FULL, TOOL_MISSING, MOUNT_FAILED */
  initialise(
    encryptedDir: string,
    password: Secret,
    paths: EnginePaths,
    dependencies: EngineDependencies,
  ): Promise<void>;
  /**
   * Starts the daemon. Its success proves nothing: the caller looks at the mount table and the canary.
   * @throws WRONG_PASSWORD, VAULT_MISSING, FUSE_UNAVAILABLE, MOUNT_FAILED, MOUNT_DIR_NOT_EMPTY
   */
  mount(
    encryptedDir: string,
    mountDir: string,
    password: Secret,
    options: MountOptions,
    paths: EnginePaths,
    dependencies: EngineDependencies,
  ): Promise<void>;
}

export interface EnginePaths {
  /** A directory of its own for state that belongs to this machine, not to the vault. */
  readonly stateDirectory: string;
}

export const defaultMountOptions: MountOptions = { readOnly: false, idle: undefined, allowOther: false };
