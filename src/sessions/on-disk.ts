/** What a tree tells of sessions: their journals, and whether somebody holds their locks. It knows no server. */
import { listClients } from '../clients/discovery.ts';
import { type ClientLayout, clientLayout } from '../clients/layout.ts';
import { type MountEntry, readMountTable } from '../system/stores/mount-table.ts';
import { isDirectoryAt, whySick } from '../system/stores/stores.ts';
import type { SessionDocument } from './documents.ts';
import { readJournal } from './journal.ts';

/** Whether a client has ever been claimed as a tenant, as far as its store answers. */
export function isTenant(
  { sessionStateDirectory }: ClientLayout,
  table: readonly MountEntry[] = readMountTable(),
): boolean {
  return whySick(sessionStateDirectory, table) === undefined && isDirectoryAt(sessionStateDirectory, table);
}

/**
 * What a journal tells; undefined where there is none: the tenant is not claimed.
 * @param isHeld whether a process holds the session's lock. Without one its server has ended without a release
 */
export function sessionOnDisk(layout: ClientLayout, isHeld: boolean): SessionDocument | undefined {
  const journal = readJournal(layout);
  if (journal === undefined) return undefined;
  const known = journal === 'unreadable' ? undefined : journal;
  const sent = (known?.mappings ?? []).flatMap(({ sentAt }) => (sentAt === null ? [] : [sentAt]));
  const generations = (known?.mappings ?? []).map(({ generation }) => generation ?? 0);
  return {
    tenantId: layout.client,
    state: isHeld ? 'active' : 'interrupted',
    containerId: null,
    workloadId: known?.workloadId ?? null,
    claimedAt: known?.claimedAt ?? null,
    directory: layout.sessionDirectory,
    encryption: null,
    generation: Math.max(0, ...generations) || null,
    lastSync: null,
    lastSuccess: sent.sort().at(-1) ?? null,
    failures: 0,
    nextSync: null,
    progress: null,
  };
}

/** All below a root that nobody holds, as far as the caller knows. */
export function listInterrupted(root: string): SessionDocument[] {
  const table = readMountTable();
  return listClients(root, table)
    .map((client) => clientLayout(root, client))
    .filter((layout) => isTenant(layout, table))
    .flatMap((layout) => sessionOnDisk(layout, false) ?? []);
}
