/** Where something is brought back to that an operator named. */
import { CryptosyncError } from '../../system/errors.ts';
import { kindOf, namesIn } from '../../system/files.ts';

/** @throws USAGE: nothing that is there is written over */
export function verifyFree(directory: string): void {
  const kind = kindOf(directory);
  if (kind === 'none' || (kind === 'directory' && namesIn(directory).length === 0)) return;
  throw new CryptosyncError('USAGE', `${directory} is there already, and is not written over`, {
    advice: { to: 'choose-empty-directory' },
  });
}
