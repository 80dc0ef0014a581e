/** What is synced: a directory of this machine with an identity that the remote is marked with. */

import { readdirSync } from 'node:fs';
import { isDirectory, kindOf } from '../system/files.ts';
import { roles, verifyReachable } from '../system/stores/stores.ts';

import type { SourceFacts } from './guard.ts';

/** The files without which nothing of a source can be read, as they are now. */
export interface Proven {
  /** False when nothing is known of them on this machine, neither good nor bad. */
  readonly isProven: boolean;
  /** Their names at the top of the source; undefined: not there. */
  readonly files: ReadonlyMap<string, Buffer | undefined>;
  readonly digests: Readonly<Record<string, string | null>>;
}

export interface SyncSource {
  /** Whether the files are a vault's ciphertext or as their owner wrote them. */
  readonly kind: 'vault' | 'directory';
  readonly directory: string;
  /** Stands in the marker: the vault's id, for a plain directory of a profile with its path behind it. */
  readonly identity: string;
  /** For the marker: the engine, or `none`. */
  readonly engine: string;
  /** The file by which a vault is known on a remote without a marker. */
  readonly configFile: string | undefined;
  /** Directories of this machine that a remote on this machine must not lie in, nor hold. */
  readonly apart: readonly string[];
  /** Its files belong to one state: those of two can't be brought together one by one. */
  readonly isOneState: boolean;
  /** How many files there are when it holds none of its owner's. */
  readonly filesOfAnEmptyOne: number;
  /** The files without which one can't be read; they must not be deleted before it. */
  companionsOf(path: string): readonly string[];
  /** Whether a file makes its directory what it is: two of the same name are two directories then. */
  isDirectoryKey(path: string): boolean;
  inspect(): SourceFacts['state'];
  /** Whether a path is something that an engine left behind, and no part of the vault. */
  isLeftover(path: string): boolean;
  /** Files that are known to be torn, relative paths. */
  findTornFiles(): readonly string[];
  /** @throws VAULT_MISMATCH when its files are known not to be what they are opened with */
  verifyProven(): Proven;
  /**
   * Whether what comes from elsewhere may take the source's place.
   * @param read reads a file at its top. @param place for the message. @throws VAULT_MISMATCH
   */
  verifyComing(read: (name: string) => Buffer | undefined, place: string): void;
}

/** Whether nothing of a vault can be read without a file: its configuration, or the key of its top directory. */
export function isKeyOfAll(
  { configFile, isDirectoryKey }: Pick<SyncSource, 'configFile' | 'isDirectoryKey'>,
  path: string,
): boolean {
  return path === configFile || (!path.includes('/') && isDirectoryKey(path));
}

/**
 * @param identity whose files they are, and which of them.
 * @param mayBeEmpty true where its owner may delete everything: then one without files is not taken for a lost one
 */
export function directorySource(
  directory: string,
  identity: string,
  { mayBeEmpty = false }: { readonly mayBeEmpty?: boolean } = {},
): SyncSource {
  return {
    kind: 'directory',
    directory,
    identity,
    engine: 'none',
    configFile: undefined,
    apart: [directory],
    isOneState: false,
    filesOfAnEmptyOne: 0,
    companionsOf: () => [],
    isDirectoryKey: () => false,
    inspect() {
      verifyReachable(directory, roles.source);
      if (kindOf(directory) === 'none' || !isDirectory(directory)) return 'missing';
      return !mayBeEmpty && readdirSync(directory).length === 0 ? 'bare' : 'filled';
    },
    isLeftover: () => false,
    findTornFiles: () => [],
    verifyProven: () => ({ isProven: true, files: new Map(), digests: {} }),
    verifyComing() {},
  };
}
