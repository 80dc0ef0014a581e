/** Older trees kept an engine's configuration outside the vault, where no copy of the vault has it (hazards.md C3). */
import { join } from 'node:path';
import { CryptosyncError } from '../system/errors.ts';
import { kindOf, writeFileAtomic } from '../system/files.ts';
import { readFollowing } from '../system/paths/regular-file.ts';
import type { Engine } from './engines/engine.ts';

/**
 * Copies a configuration that is kept outside into the vault; the original stays.
 * @param outside path of the configuration.
 * @returns false when the vault had the same one already.
 * @throws VAULT_MISSING when one of the two is not there; VAULT_MISMATCH when the vault has another configuration
 */
export function adoptOutsideConfig(engine: Engine, encryptedDir: string, outside: string): boolean {
  if (kindOf(outside) !== 'file' || kindOf(encryptedDir) !== 'directory') {
    const missing = kindOf(outside) === 'file' ? encryptedDir : outside;
    throw new CryptosyncError('VAULT_MISSING', `there is no ${missing}`, {
      advice: { to: 'restore-outside-config' },
    });
  }
  const inside = join(encryptedDir, engine.configFile);
  const content = readFollowing(outside);
  if (kindOf(inside) === 'none') {
    writeFileAtomic(inside, content, 0o600);
    return true;
  }
  if (readFollowing(inside).equals(content)) return false;
  throw new CryptosyncError(
    'VAULT_MISMATCH',
    `${encryptedDir} has another ${engine.configFile} than ${outside}`,
    {
      advice: { to: 'try-configs-on-copy' },
    },
  );
}
