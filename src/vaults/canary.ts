/**
 * The canary: a small file inside the vault that holds the vault's id. Read through a mount, it proves that the mount
 * is there and that configuration, password and ciphertext belong together; nothing weaker does (TOOLS.md G8, C1).
 */
import { open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { CryptosyncError, errnoOf } from '../system/errors.ts';
import { temporaryNameFor } from '../system/files.ts';
import { answerOf } from './answer.ts';
import type { Engine } from './engine.ts';
import { inspectEncryptedDirectory } from './vault-directory.ts';

export const canaryName = '.cryptosync-vault';

/** @returns the id in the canary of a mounted vault, or undefined when there is no canary. */
export async function readCanary(mountDir: string): Promise<string | undefined> {
  try {
    return (await answerOf(mountDir, readFile(join(mountDir, canaryName), 'utf8'))).trim();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    if (errnoOf(error) === undefined) throw error;
    throw new CryptosyncError(
      'VAULT_MISMATCH',
      `the vault's canary can't be read: ${(error as Error).message}`,
      {
        hint: mismatchHint,
        cause: error,
      },
    );
  }
}

/** Writes the canary into a mounted vault, durably. */
export async function writeCanary(mountDir: string, vaultId: string): Promise<void> {
  const path = join(mountDir, canaryName);
  const temporary = temporaryNameFor(path);
  const write = async (): Promise<void> => {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(`${vaultId}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  };
  await answerOf(mountDir, write());
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
  const visible = await answerOf(mountDir, readdir(mountDir));
  if (visible.length === 0 && content.kind === 'vault' && content.hasContent) {
    throw new CryptosyncError(
      'VAULT_MISMATCH',
      'the encrypted directory holds files, but none of them decrypts: its configuration file is of another vault',
      { hint: mismatchHint },
    );
  }
  await writeCanary(mountDir, vaultId);
}
