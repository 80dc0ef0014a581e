/** What CryFS's exit codes and messages mean (cryfs's ErrorCodes.h; docs/hazards.md, CryFS). */
import type { Advice } from '../../system/advice/index.ts';
import { CryptosyncError, type ErrorCode } from '../../system/errors.ts';
import { type Finished, lastLines } from '../../system/process.ts';
import { fuseAdvice, noSpaceLeft, startFailure } from './failure.ts';

/** Milliseconds: scrypt takes 7 to 12 s of a free core, and much longer on a small or busy machine (hazards.md C9). */
export const deadline = 120_000;

interface Meaning {
  readonly code: ErrorCode;
  readonly says: string;
  readonly advice?: Advice;
}

const exitCodes: Readonly<Record<number, Meaning>> = {
  10: { code: 'MOUNT_FAILED', says: 'CryFS did not accept its arguments' },
  11: {
    code: 'WRONG_PASSWORD',
    says: 'the password does not open this vault',
    advice: { to: 'try-password-or-compare-config', configFile: 'cryfs.config' },
  },
  12: { code: 'INVALID_PASSWORD', says: 'CryFS took the password for empty' },
  13: { code: 'TOOL_TOO_OLD', says: 'this vault was made by a newer CryFS' },
  14: {
    code: 'MOUNT_FAILED',
    says: 'this vault has the format of an older CryFS',
    advice: { to: 'upgrade-by-hand', command: 'cryfs --allow-filesystem-upgrade' },
  },
  15: {
    code: 'VAULT_MISMATCH',
    says: 'the vault is encrypted with another cipher than the one that it was made with',
    advice: { to: 'check-cipher' },
  },
  16: {
    code: 'MOUNT_FAILED',
    says: "the encrypted directory can't be used",
    advice: { to: 'copy-to-writable-disk' },
  },
  17: { code: 'MOUNT_FAILED', says: "the mount directory can't be used" },
  18: { code: 'CONFIG_INVALID', says: 'the mount directory lies in the encrypted directory' },
  19: {
    code: 'VAULT_MISMATCH',
    says: 'the encrypted directory holds no valid CryFS file system',
    advice: { to: 'restore-from-remote' },
  },
  22: { code: 'MOUNT_FAILED', says: 'CryFS could not set up its integrity checks' },
  23: { code: 'MOUNT_FAILED', says: 'this vault was set up for a single machine, and this is another' },
};

/** Codes by which CryFS says that the vault is not as it left it on this machine. */
const integrityCodes: Readonly<Record<number, string>> = {
  20: 'another vault stands where CryFS knew a different one',
  21: 'the key of the vault is not the one that CryFS knew',
  24: 'an older or changed copy of the vault was found at an earlier mount, and CryFS keeps it closed since',
  25: 'this is an older or changed copy of the vault',
};

/** The refusal that `mount --accept-rollback` lifts. */
export function integrityFailure(exitCode: 20 | 21 | 24 | 25, cause?: string): CryptosyncError {
  return new CryptosyncError('VAULT_MISMATCH', integrityCodes[exitCode] ?? '', {
    advice: { to: 'accept-rollback' },
    details: { integrityViolation: true },
    cause,
  });
}

/** Of all that it prints, what tells of a failure. */
function complaints(stderr: string): string {
  return lastLines(
    stderr
      .split('\n')
      .filter((line) => /^(Error\b|fuse|fusermount)|\[error\]/.test(line))
      .join('\n'),
  );
}

/** @returns why CryFS failed; undefined when it ended with 0. */
export function exitFailure(finished: Finished, encryptedDir: string): CryptosyncError | undefined {
  const { exitCode } = finished;
  if (exitCode === 0) return undefined;
  const failure = startFailure(finished, 'cryfs', 'open the vault', deadline);
  if (failure !== undefined) return failure;
  const said = complaints(finished.stderr);
  if (noSpaceLeft.test(said)) {
    return new CryptosyncError('DISK_FULL', `no space is left on the disk of ${encryptedDir}`, {
      cause: said,
    });
  }
  if (exitCode === 20 || exitCode === 21 || exitCode === 24 || exitCode === 25) {
    return integrityFailure(exitCode, said);
  }
  if (exitCode === 11 && said.includes('deserializing')) {
    return new CryptosyncError('VAULT_MISSING', 'cryfs.config is torn', {
      advice: { to: 'copy-config-back', configFile: 'cryfs.config' },
      cause: said,
    });
  }
  const known = exitCodes[exitCode ?? -1];
  if (known === undefined) {
    return new CryptosyncError('MOUNT_FAILED', `CryFS failed (exit ${exitCode}): ${said}`, { cause: said });
  }
  const detail = known.code === 'MOUNT_FAILED' ? `: ${said}` : '';
  return new CryptosyncError(known.code, `${known.says}${detail}`, { advice: known.advice, cause: said });
}

/** Why there is no mount although CryFS ended with 0: it passes libfuse's failures over (hazards.md C1). */
export function mountFailure({ stderr }: Finished, mountDir: string): CryptosyncError {
  const said = complaints(stderr);
  if (said.includes('mountpoint is not empty')) {
    return new CryptosyncError('MOUNT_DIR_NOT_EMPTY', `the mount directory ${mountDir} is not empty`, {
      advice: { to: 'move-its-files-away' },
      cause: said,
    });
  }
  if (said.includes('Could not load blob')) {
    return new CryptosyncError(
      'VAULT_MISMATCH',
      'the root of the vault is not in the encrypted directory: blocks are missing, or cryfs.config is of another vault',
      { advice: { to: 'restore-blocks' }, cause: said },
    );
  }
  if (/^fuse|^fusermount/m.test(said)) {
    return new CryptosyncError('FUSE_UNAVAILABLE', "FUSE can't be used", {
      advice: fuseAdvice(said),
      cause: said,
    });
  }
  return new CryptosyncError('MOUNT_FAILED', `CryFS said that all is well, but ${mountDir} is not mounted`, {
    advice: { to: 'look-in-system-log' },
    cause: said,
  });
}
