/** A vault's ciphertext as a source of a sync: what sync has to know of an engine is handed to it here. */
import { join } from 'node:path';
import { controlDirectory, isControl } from '../../remotes/remote.ts';
import type { SyncSource } from '../../sync/source.ts';
import { readTextIfPresent } from '../../system/files.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';
import { keptName } from '../../vaults/password-change.ts';
import { identityIn, torn, verifyMadeWith, verifyProven } from '../../vaults/proof.ts';
import type { Vault } from '../../vaults/vault.ts';
import { inspectEncryptedDirectory } from '../../vaults/vault-directory.ts';

export function vaultSource(vault: Vault, vaultId: string): SyncSource {
  const { engine, encryptedDir, mountDir } = vault;
  let isCopy: boolean | undefined;
  const isOfCopy = (path: string): boolean => {
    if (!isControl(path)) return false;
    isCopy ??= isCopyOfRemote(encryptedDir, vaultId);
    return isCopy;
  };
  return {
    kind: 'vault',
    directory: encryptedDir,
    identity: vaultId,
    engine: engine.name,
    configFile: engine.configFile,
    apart: [encryptedDir, mountDir],
    isOneState: engine.isOneState,
    filesOfAnEmptyOne: engine.filesOfAnEmptyVault,
    companionsOf: engine.companionsOf,
    isDirectoryKey: engine.isDirectoryKey,
    inspect() {
      const content = inspectEncryptedDirectory(engine, encryptedDir);
      if (content.kind !== 'vault') return 'missing';
      return content.hasContent ? 'filled' : 'bare';
    },
    isLeftover: (path) => isLeftover(engine, path) || isOfCopy(path),
    findTornFiles: () => engine.findTornFiles?.(encryptedDir) ?? [],
    verifyProven() {
      const { identity, isProven } = verifyProven({ ...vault, vaultId });
      return { isProven, files: identity.files, digests: identity.digests };
    },
    verifyComing(read, place) {
      const coming = identityIn(engine, read);
      if (coming.torn !== undefined) throw torn(place, coming.torn);
      verifyMadeWith(vault.madeWith, coming.madeWith, place);
    },
  };
}

/** A copy of the remote that was put here by hand has what the remote says of itself in it, which is no ciphertext. */
function isCopyOfRemote(encryptedDir: string, vaultId: string): boolean {
  try {
    const marker = parseStoredJson(
      readTextIfPresent(join(encryptedDir, controlDirectory, 'marker.json')) ?? 'null',
    );
    return Object(marker).vaultId === vaultId;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** What an engine left behind, and what a password change keeps while it works, is no part of the vault. */
function isLeftover(engine: Vault['engine'], path: string): boolean {
  return engine.leftovers.includes(path) || path === keptName(engine);
}
