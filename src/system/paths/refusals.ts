/** What is said when a path is not as safe as its use needs it to be. */
import { CryptosyncError } from '../errors.ts';

/** A link below a place that is ours, or one above it that somebody else could have set. */
export function linkRefused(path: string, owner: number): CryptosyncError {
  return new CryptosyncError(
    'CONFIG_INVALID',
    `${path} is a link of uid ${owner}, and none is followed there`,
    {
      advice: { to: 'look-at-link', path },
      details: { path, owner },
    },
  );
}

/** Something that belongs elsewhere is mounted inside of what is to be removed. */
export function mountRefused(path: string): CryptosyncError {
  return new CryptosyncError(
    'CONFIG_INVALID',
    `${path} is a mount point, and nothing is removed across one`,
    {
      advice: { to: 'take-mount-off', path },
      details: { path },
    },
  );
}

/** A FIFO, a socket or a device where a file belongs. */
export function notRegular(path: string): CryptosyncError {
  return new CryptosyncError('CONFIG_INVALID', `${path} is not a regular file`, {
    advice: { to: 'look-at-file', path },
    details: { path },
  });
}

/** What is in a file can't be what belongs there. */
export function tooBig(path: string): CryptosyncError {
  return new CryptosyncError('CONFIG_INVALID', `${path} is far bigger than what is kept there`, {
    advice: { to: 'look-at-file', path },
    details: { path },
  });
}

/** What this user believes or runs belongs to somebody else. */
export function foreignOwner(path: string, owner: number, userId: number): CryptosyncError {
  return new CryptosyncError(
    'CONFIG_INVALID',
    `${path} belongs to uid ${owner}, so uid ${userId} does not rely on it`,
    { advice: { to: 'own-path', path, owner, userId }, details: { path, owner } },
  );
}

/** What this user believes or runs could be changed by somebody else. */
export function writableByOthers(path: string, fullMode: number): CryptosyncError {
  const mode = (fullMode & 0o7777).toString(8).padStart(4, '0');
  return new CryptosyncError('CONFIG_INVALID', `${path} can be written by others (mode ${mode})`, {
    advice: { to: 'close-path', path },
    details: { path, mode },
  });
}
