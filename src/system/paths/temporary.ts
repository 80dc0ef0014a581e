/** Where files lie that nobody is to find again. */
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { CryptosyncError } from '../errors.ts';

/** TMPDIR, or /tmp. @throws CONFIG_INVALID when it is no directory: as a part of a path that would say little */
export function temporaryDirectory(): string {
  const directory = tmpdir();
  const stats = statSync(directory, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return directory;
  const why = stats === undefined ? 'is not there' : 'is no directory';
  throw new CryptosyncError('CONFIG_INVALID', `TMPDIR, ${directory}, ${why}`, {
    advice: { to: 'set-tmpdir' },
  });
}
