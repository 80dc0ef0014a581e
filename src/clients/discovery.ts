/** Which clients and profiles there are, read from the tree. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { CryptosyncError } from '../system/errors.ts';
import { isDirectory, namesIn } from '../system/files.ts';
import { clientLayout } from './layout.ts';
import { type ClientId, isClientId, isProfileName, type ProfileName } from './names.ts';

/** The clients below a root in the order of their names: directories that the tool, or its forerunner, has set up. */
export function listClients(root: string): ClientId[] {
  return namesIn(root)
    .filter(isClientId)
    .filter((client) => isDirectory(clientLayout(root, client).toolDirectory))
    .sort();
}

/** The profiles of a client, `default` first. */
export function listProfiles(root: string, client: ClientId): ProfileName[] {
  return namesIn(clientLayout(root, client).configDirectory)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .filter(isProfileName)
    .sort((a, b) => Number(b === 'default') - Number(a === 'default') || (a < b ? -1 : 1));
}

/**
 * The root must be a directory, or nothing yet; and when it is a link, then one that this user or root made: anybody
 * else could point it elsewhere.
 * @throws CONFIG_INVALID
 */
export function verifyRoot(root: string, userId: number): void {
  const stats = lstatSync(root, { throwIfNoEntry: false });
  if (stats === undefined || stats.isDirectory()) return;
  if (!stats.isSymbolicLink()) {
    throw new CryptosyncError('CONFIG_INVALID', `the root ${root} is not a directory`, {
      hint: 'Choose another with --root or CRYPTOSYNC_ROOT.',
    });
  }
  if (stats.uid !== 0 && stats.uid !== userId) {
    throw new CryptosyncError('CONFIG_INVALID', `the root ${root} is a link owned by uid ${stats.uid}`, {
      hint: 'Name the directory itself with --root, when you trust it.',
    });
  }
  if (!isDirectory(root)) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `the root ${join(root)} is a link to something that is no directory`,
      {
        hint: 'Choose another with --root or CRYPTOSYNC_ROOT.',
      },
    );
  }
}
