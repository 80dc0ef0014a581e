/** What is synced: a directory of this machine with an identity that the remote is marked with. */

import { readdirSync } from 'node:fs';
import type { SourceFacts } from '../../remotes/guard.ts';
import { isDirectory, kindOf } from '../../system/files.ts';
import type { Vault } from '../../vaults/mounting.ts';
import { inspectEncryptedDirectory } from '../../vaults/vault-directory.ts';

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
  inspect(): SourceFacts['state'];
  /** Files that are known to be torn, relative paths. */
  findTornFiles(): readonly string[];
}

export function vaultSource(vault: Vault, vaultId: string): SyncSource {
  const { engine, encryptedDir, mountDir } = vault;
  return {
    kind: 'vault',
    directory: encryptedDir,
    identity: vaultId,
    engine: engine.name,
    configFile: engine.configFile,
    apart: [encryptedDir, mountDir],
    inspect() {
      const content = inspectEncryptedDirectory(engine, encryptedDir);
      if (content.kind !== 'vault') return 'missing';
      return content.hasContent ? 'filled' : 'bare';
    },
    findTornFiles: () => engine.findTornFiles?.(encryptedDir) ?? [],
  };
}

/** @param identity whose files they are, and which of them. */
export function directorySource(directory: string, identity: string): SyncSource {
  return {
    kind: 'directory',
    directory,
    identity,
    engine: 'none',
    configFile: undefined,
    apart: [directory],
    inspect() {
      if (kindOf(directory) === 'none' || !isDirectory(directory)) return 'missing';
      return readdirSync(directory).length === 0 ? 'bare' : 'filled';
    },
    findTornFiles: () => [],
  };
}
