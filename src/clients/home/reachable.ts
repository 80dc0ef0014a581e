/** Whether what is kept of a client can be used: any directory of it may lie on a store of its own. */
import { type MountEntry, readMountTable } from '../../system/stores/mount-table.ts';
import { roles, unusable, whySickWithin } from '../../system/stores/stores.ts';
import type { ClientLayout } from '../layout.ts';

type Kept = Pick<ClientLayout, 'directory' | 'toolDirectory' | 'rcloneDirectory'>;

/** Why no command may touch what is kept of a client; undefined where all of it answers. Vaults are not looked at. */
export function whyClientSick(
  { toolDirectory, rcloneDirectory }: Kept,
  table: readonly MountEntry[] = readMountTable(),
): string | undefined {
  return whySickWithin(toolDirectory, table) ?? whySickWithin(rcloneDirectory, table);
}

/** @throws VAULT_MISSING when a store of the client is dead or silent; nothing has been touched then */
export function verifyClientReachable(layout: Kept, table?: readonly MountEntry[]): void {
  const why = whyClientSick(layout, table);
  if (why !== undefined) throw unusable(roles.client, layout.directory, why);
}
