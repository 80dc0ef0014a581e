/**
 * The canary: a small file inside the vault that holds the vault's id. Read through a mount, it proves that the mount
 * is there and that configuration, password and ciphertext belong together; nothing weaker does (TOOLS.md G8, C1).
 */
import { CryptosyncError } from '../system/errors.ts';
import type { Engine } from './engine.ts';
import { isMountEmpty, readFileInMount, writeFileInMount } from './mount-access.ts';
import { inspectEncryptedDirectory } from './vault-directory.ts';

export const canaryName = '.cryptosync-vault';

/**
 * @returns the id in the canary of a mounted vault, or undefined when there is no canary.
 * @throws VAULT_MISMATCH when there is one that can't be read, MOUNT_FAILED when the mount does not answer
 */
export async function readCanary(mountDir: string): Promise<string | undefined> {
  const found = await readFileInMount(mountDir, canaryName);
  if (found.kind === 'text') return found.text.trim();
  if (found.kind === 'absent') return undefined;
  throw new CryptosyncError('VAULT_MISMATCH', `the vault's canary can't be read: ${found.said}`, {
    hint: mismatchHint,
  });
}

/** Writes the canary into a mounted vault. */
export async function writeCanary(mountDir: string, vaultId: string): Promise<void> {
  await writeFileInMount(mountDir, canaryName, `${vaultId}\n`);
}

const mismatchHint =
  'The encrypted directory, its configuration file and this profile do not belong together. Compare them with a copy; nothing was written.';

/** @throws VAULT_MISMATCH when the mount does not hold the vault with this id. */
export async function verifyVaultIdentity(mountDir: string, vaultId: string): Promise<void> {
  const found = await readCanary(mountDir);
  if (found === vaultId) return;
  throw found === undefined
    ? new CryptosyncError(
        'VAULT_MISMATCH',
        `the mounted vault has no ${canaryName}, so it is not known to be the right one`,
        {
          hint: `If you removed that file yourself, \`cryptosync install --force\` checks the vault and writes it again. Otherwise: ${mismatchHint}`,
          details: { expected: vaultId },
        },
      )
    : new CryptosyncError('VAULT_MISMATCH', 'another vault was mounted than the profile names', {
        hint: mismatchHint,
        details: { expected: vaultId, found },
      });
}

/**
 * Gives a mounted vault without a canary (an adopted or restored one) its id. A foreign configuration shows a vault
 * full of ciphertext as an empty directory: then nothing is written.
 * @throws VAULT_MISMATCH
 */
export async function establishCanary(
  engine: Engine,
  encryptedDir: string,
  mountDir: string,
  vaultId: string,
): Promise<void> {
  const content = inspectEncryptedDirectory(engine, encryptedDir);
  if (content.kind === 'vault' && content.hasContent && (await isMountEmpty(mountDir))) {
    throw new CryptosyncError(
      'VAULT_MISMATCH',
      'the encrypted directory holds files, but none of them decrypts: its configuration file is of another vault',
      { hint: mismatchHint },
    );
  }
  await writeCanary(mountDir, vaultId);
}
