/**
 * What the tool asks of a program that encrypts a vault. An engine knows its program's arguments and exit codes;
 * when to call it, locking, canaries and mount tables are the business of this folder's other files.
 */
import type { Secret } from '../../secrets/secret.ts';
import type { ToolName } from '../../system/dependencies.ts';
import type { CryptosyncError } from '../../system/errors.ts';

export const engineNames = ['gocryptfs', 'cryfs'] as const;
export type EngineName = (typeof engineNames)[number];
/** The engine of a vault when nothing says another. */
export const defaultEngine: EngineName = 'gocryptfs';

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
  /** Where an engine that has `encryptPath` answers, a path of at most 100 bytes. */
  readonly controlSocket?: string | undefined;
}

/** What a vault was made with, in its engine's own words, such as its feature flags or its cipher; sorted. */
export type MadeWith = readonly string[];

/** Reads a file at the top of an encrypted directory, or of a copy of one; undefined: there is none. */
export type FileReader = (name: string) => Buffer | undefined;

/** What tells a vault from every other, looked at without its password. */
export interface IdentityLook {
  /** The engine's configuration, and what else nothing in the vault can be read without. */
  readonly files: ReadonlyMap<string, Buffer | undefined>;
  /** Which of them can't be whole, and why, as a sentence's beginning; undefined when all look whole. */
  readonly torn: string | undefined;
  /** Undefined when it can't be told without the password. */
  readonly madeWith: MadeWith | undefined;
}

export interface Engine {
  readonly name: EngineName;
  /** The programs it needs on PATH. */
  readonly tools: readonly ToolName[];
  /** The file in the encrypted directory without which nothing can be decrypted. */
  readonly configFile: string;
  /** What the program leaves in an encrypted directory when it is cut off; of no use to anybody, and in its own way. */
  readonly leftovers: readonly string[];
  /** As /proc/self/mountinfo names it. */
  readonly fileSystemType: string;
  /** Whether ciphertext may be copied while the vault is mounted (hazards.md G15, C4). */
  readonly syncsWhileMounted: boolean;
  /** How long an unmounted daemon may take to write its data and exit, in milliseconds. */
  readonly exitDeadline: number;
  /**
   * Free bytes on the disk below which it is not mounted to write: an engine that tells its callers nothing of a full
   * disk loses data (hazards.md C8). 0 for one that does.
   */
  readonly spaceToWrite: number;
  /** Whether it mounts only on a directory that it can write into, although it writes nothing there. */
  readonly triesMountDirectory: boolean;
  /**
   * Whether modes are looked at in a mount that lets others in; its root then has that of the encrypted directory.
   * Otherwise everybody may do everything there.
   */
  readonly checksModes: boolean;
  /** Whether all its ciphertext belongs to one state, so that two states can't be brought together file by file. */
  readonly isOneState: boolean;
  /** How many files there are in a vault that holds its canary and nothing of its owner's. */
  readonly filesOfAnEmptyVault: number;
  /** Whether a file in the mount has the inode number of its ciphertext. */
  readonly keepsInodes: boolean;
  /** Whether it writes its configuration anew while it opens a vault. */
  readonly rewritesConfig: boolean;
  /** Looks at what tells a vault from every other. It never throws for what it finds. */
  lookAtIdentity(read: FileReader): IdentityLook;
  /** What a vault that was made like this does not protect, as parts of a sentence. */
  weaknessesOf(madeWith: MadeWith): readonly string[];
  /** The files without which a file of ciphertext can't be read; relative paths. */
  companionsOf(path: string): readonly string[];
  /** Whether a file makes its directory what it is: two of the same name are two directories then. */
  isDirectoryKey(path: string): boolean;
  /** Whether a vault holds more than what the engine puts into an empty one. `names` is its top level. */
  hasContent(encryptedDir: string, names: readonly string[]): boolean;
  /** What the mount table may show as the source for an encrypted directory. */
  mountSources(encryptedDir: string): readonly string[];
  /** @throws CONFIG_INVALID for a path of an encrypted directory that the engine can't serve */
  verifyPath(encryptedDir: string): void;
  /**
   * Makes a new vault in an empty directory and mounts it to write, as `mount` does; one call, because some engines
   * can make a vault only by mounting it.
   * @returns what it was made with.
   * @throws INVALID_PASSWORD, DISK_FULL, TOOL_MISSING, FUSE_UNAVAILABLE, MOUNT_FAILED
   */
  createMounted(
    encryptedDir: string,
    mountDir: string,
    password: Secret,
    paths: EnginePaths,
    dependencies: EngineDependencies,
  ): Promise<MadeWith>;
  /**
   * Starts the daemon. Its success proves nothing: the caller looks at the mount table and the canary.
   * @returns what the vault was made with; undefined where the engine does not say.
   * @throws WRONG_PASSWORD, VAULT_MISSING, VAULT_MISMATCH, FUSE_UNAVAILABLE, MOUNT_FAILED, MOUNT_DIR_NOT_EMPTY
   */
  mount(
    encryptedDir: string,
    mountDir: string,
    password: Secret,
    options: MountOptions,
    paths: EnginePaths,
    dependencies: EngineDependencies,
  ): Promise<MadeWith | undefined>;
  /** Ciphertext files that a full disk cut short, relative paths, while nothing is mounted. */
  findTornFiles?(encryptedDir: string): string[];
  /**
   * For an engine that remembers on this machine how far a vault had come (hazards.md C6): the error of an older or
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
  /**
   * The key that opens the vault without its password, as 64 hexadecimal digits; missing for an engine that has none
   * to give. It proves the password.
   * @throws WRONG_PASSWORD, TOOL_MISSING, CONFIG_INVALID
   */
  masterKey?(encryptedDir: string, password: Secret, dependencies: EngineDependencies): Promise<Secret>;
  /**
   * What a path in the clear is called in the ciphertext of a vault that was mounted with this control socket, as long as
   * the directories above it are there. Missing for an engine whose files are no files of the plaintext.
   */
  encryptPath?(controlSocket: string, plain: string): Promise<string | undefined>;
  /** The other way round; undefined as well for a path that is none of the vault's. */
  decryptPath?(controlSocket: string, cipher: string): Promise<string | undefined>;
  /** Whether the bytes of a configuration are one: for an engine that can rewrite it. */
  isWholeConfiguration?(content: Uint8Array): boolean;
  /** What older trees called the configuration that they kept outside the vault (hazards.md C3). */
  formerConfigName?(profile: string): string;
}

export interface EnginePaths {
  /** A directory of its own for state that belongs to this machine, not to the vault. */
  readonly stateDirectory: string;
  /** What the vault is known to be made with; an engine that can tell only while it opens it holds it to that. */
  readonly madeWith?: MadeWith | undefined;
}

export const defaultMountOptions: MountOptions = { readOnly: false, idle: undefined, allowOther: false };
