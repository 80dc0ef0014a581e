/** What a client asks for with a claim, checked as far as it can be without asking anybody. */
import type { EncryptionConfig } from '../../executor/options.ts';
import { filenameEncryptionModes } from '../../remotes/tuning.ts';
import { validateEncryptionKey } from '../../secrets/encryption-key.ts';
import type { Secret } from '../../secrets/secret.ts';
import { parseDuration } from '../../system/clock.ts';
import { RequestFailure } from '../failures.ts';
import type { RouteRequest } from './route.ts';

export interface AskedClaim {
  readonly workloadId: string;
  readonly encryption?: EncryptionConfig;
  /** Milliseconds in which whoever holds the tenant may let it go. */
  readonly wait: number;
  /** Copies that outlive the request; whoever has claimed, or failed to, wipes them. */
  wipe(): void;
}

/** @throws INVALID_ENCRYPTION_KEY, RequestFailure */
export function claimOf({ fields, secrets }: RouteRequest): AskedClaim {
  const { encryptionKey, encryptionSalt } = secrets;
  const workloadId = String(fields['workloadId']);
  const wait = parseDuration(String(fields['wait'] ?? '0')) ?? 0;
  const names = namesOf(fields);
  if (encryptionKey === undefined) {
    if (encryptionSalt === undefined) return { workloadId, wait, wipe: () => {} };
    throw new RequestFailure('INVALID_REQUEST', 'A salt without a key is of no use.');
  }
  const copies: Secret[] = [];
  const wipe = (): void => {
    for (const secret of copies) secret.wipe();
  };
  try {
    const key = validateEncryptionKey(encryptionKey);
    copies.push(key);
    const salt = encryptionSalt && validateEncryptionKey(encryptionSalt, 'salt');
    if (salt !== undefined) copies.push(salt);
    return { workloadId, wait, encryption: { key, salt, ...names }, wipe };
  } catch (error) {
    wipe();
    throw error;
  }
}

function namesOf(
  fields: RouteRequest['fields'],
): Pick<EncryptionConfig, 'encryptFilenames' | 'filenameEncryption'> {
  const { encryptFilenames } = fields;
  const filenameEncryption = filenameEncryptionModes.find((mode) => mode === fields['filenameEncryption']);
  if (typeof encryptFilenames !== 'boolean') return { filenameEncryption };
  if (filenameEncryption !== undefined && encryptFilenames !== (filenameEncryption !== 'off')) {
    throw new RequestFailure(
      'INVALID_REQUEST',
      'encryptFilenames and filenameEncryption contradict each other.',
    );
  }
  return { encryptFilenames, filenameEncryption };
}
