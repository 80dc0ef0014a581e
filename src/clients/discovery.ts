/** Which clients and profiles there are, read from the tree. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { CryptosyncError } from '../system/errors.ts';
import { isDirectory, namesIn } from '../system/files.ts';
import { type MountEntry, readMountTable } from '../system/stores/mount-table.ts';
import { isDirectoryAt, roles, verifyReachable } from '../system/stores/stores.ts';
import { verifyClientReachable, whyClientSick } from './home/reachable.ts';
import { type ClientLayout, clientLayout } from './layout.ts';
import { type ClientId, isClientId, isProfileName, type ProfileName } from './names.ts';

/** The clients below a root in the order of their names: directories that the tool, or its forerunner, has set up. */
export function listClients(root: string, table: readonly MountEntry[] = readMountTable()): ClientId[] {
  return listLayouts(root, table).map(({ client }) => client);
}

/**
 * The same, with where everything of them lies.
 * @param isKnown of whom all is known already, and who are left out
 */
export function listLayouts(
  root: string,
  table: readonly MountEntry[],
  isKnown: (client: ClientId) => boolean = () => false,
): ClientLayout[] {
  // one whose store is sick stays in the list: whoever does something with it is told
  return namesIn(root)
    .filter(isClientId)
    .filter((client) => !isKnown(client))
    .sort()
    .map((client) => clientLayout(root, client))
    .filter(
      (layout) => whyClientSick(layout, table) !== undefined || isDirectoryAt(layout.toolDirectory, table),
    );
}

/** The profiles of a client, `default` first. @throws VAULT_MISSING when its store is dead or silent */
export function listProfiles(root: string, client: ClientId, table?: readonly MountEntry[]): ProfileName[] {
  return profilesAmong(configFiles(clientLayout(root, client), table));
}

/** The names of what lies beside a client's profiles. @throws VAULT_MISSING when its store is dead or silent */
export function configFiles(layout: ClientLayout, table?: readonly MountEntry[]): string[] {
  verifyClientReachable(layout, table);
  return namesIn(layout.configDirectory);
}

/** @param names from `configFiles` */
export function profilesAmong(names: readonly string[]): ProfileName[] {
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .filter(isProfileName)
    .sort((a, b) => Number(b === 'default') - Number(a === 'default') || (a < b ? -1 : 1));
}

/**
 * The root must be a directory, or nothing yet; and when it is a link, then one that this user or root made: anybody
 * else could point it elsewhere.
 * @throws CONFIG_INVALID, and VAULT_MISSING when its store is dead or silent
 */
export function verifyRoot(root: string, userId: number): void {
  verifyReachable(root, roles.root);
  const stats = lstatSync(root, { throwIfNoEntry: false });
  if (stats === undefined || stats.isDirectory()) return;
  if (!stats.isSymbolicLink()) {
    throw new CryptosyncError('CONFIG_INVALID', `the root ${root} is not a directory`, {
      advice: { to: 'choose-root' },
    });
  }
  if (stats.uid !== 0 && stats.uid !== userId) {
    throw new CryptosyncError('CONFIG_INVALID', `the root ${root} is a link owned by uid ${stats.uid}`, {
      advice: { to: 'name-root-itself' },
    });
  }
  if (!isDirectory(root)) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `the root ${join(root)} is a link to something that is no directory`,
      {
        advice: { to: 'choose-root' },
      },
    );
  }
}
