/** What gocryptfs means when it does not open a vault's format (exit 27, internal/configfile). */
import { CryptosyncError } from '../../system/errors.ts';

/** The format that gocryptfs 1.0 to today's write. */
const currentFormat = 2;

/** @param said what gocryptfs wrote. */
export function formatFailure(said: string): CryptosyncError {
  const format = Number(/on-disk format (\d+)/.exec(said)?.[1] ?? currentFormat);
  if (/unknown feature flag/i.test(said) || format > currentFormat) {
    return new CryptosyncError('TOOL_TOO_OLD', 'this vault was made by a newer gocryptfs', { cause: said });
  }
  if (/conflicts with|too low/i.test(said)) {
    return new CryptosyncError('VAULT_MISMATCH', `gocryptfs.conf contradicts itself: ${said}`, {
      advice: { to: 'compare-config' },
      cause: said,
    });
  }
  return new CryptosyncError(
    'MOUNT_FAILED',
    "the vault has an old format that today's gocryptfs does not read any more",
    {
      advice: { to: 'open-by-old-engine', configFile: 'gocryptfs.conf' },
      cause: said,
    },
  );
}
