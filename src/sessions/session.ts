/** A claimed tenant, as long as it is claimed. Its key is here and nowhere else. */
import type { ClientId } from '../clients/names.ts';
import type { EncryptionConfig, HeldEncryption } from '../executor/options.ts';
import { validateEncryptionKey } from '../secrets/encryption-key.ts';
import { Secret } from '../secrets/secret.ts';
import { CryptosyncError } from '../system/errors.ts';

export interface TenantSession {
  readonly tenantId: ClientId;
  /** What runs the tenant, as the hook `claim` has told; null where none did. */
  containerId: string | null;
  readonly workloadId: string;
  /** ISO 8601. */
  readonly claimedAt: string;
  /** In memory only: key and salt are bytes outside of V8's heap. Gone after `clearEncryptionConfig`. */
  encryption?: HeldEncryption | undefined;
}

/** Zeroes the key and the salt of a session, where they are bytes, and takes them out of it. */
export function clearEncryptionConfig(session: { encryption?: EncryptionConfig | undefined }): void {
  const { encryption } = session;
  delete session.encryption;
  for (const secret of [encryption?.key, encryption?.salt]) {
    if (Secret.is(secret)) secret.wipe();
    else if (secret instanceof Uint8Array) secret.fill(0);
  }
}

/**
 * A checked copy of a configuration, whose key and salt are the session's own.
 * @throws INVALID_ENCRYPTION_KEY, CONFIG_INVALID when what is said of names contradicts itself; never with a value
 */
export function holdEncryption(given: EncryptionConfig): HeldEncryption {
  const { encryptFilenames, directoryNameEncryption } = given;
  const filenameEncryption = given.filenameEncryption ?? (encryptFilenames === false ? 'off' : 'standard');
  if (encryptFilenames !== undefined && encryptFilenames !== (filenameEncryption !== 'off')) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      'encryptFilenames and filenameEncryption contradict each other',
      { advice: { to: 'see-executor-types' } },
    );
  }
  const key = validateEncryptionKey(given.key);
  try {
    const salt = given.salt === undefined ? undefined : validateEncryptionKey(given.salt, 'salt');
    return {
      key,
      salt,
      filenameEncryption,
      ...(directoryNameEncryption === false && { directoryNameEncryption }),
    };
  } catch (error) {
    key.wipe();
    throw error;
  }
}
