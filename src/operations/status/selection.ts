/**
 * Which profiles a status is about. What was named and is not there is an error, as for every command; what was not
 * named is everything that is there.
 */
import { configFiles, listClients, profilesAmong, verifyRoot } from '../../clients/discovery.ts';
import { formerProfilesAmong } from '../../clients/former-tree.ts';
import { type ClientLayout, clientLayout, type ProfileLayout, profileLayout } from '../../clients/layout.ts';
import {
  type ClientId,
  defaultProfile,
  type ProfileName,
  parseClientId,
  parseProfileName,
} from '../../clients/names.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { isTenant } from '../../sessions/on-disk.ts';
import { type CryptosyncError, toCryptosyncError } from '../../system/errors.ts';
import { kindOf } from '../../system/files.ts';
import { whySick } from '../../system/stores/stores.ts';
import { type MountEntry, readMountTable } from '../../vaults/mounts/mount-table.ts';
import type { Context } from '../context.ts';
import type { Selection } from '../targets.ts';

export interface StatusSelection {
  /** What was mounted when they were looked for. */
  readonly table: readonly MountEntry[];
  readonly layouts: readonly ProfileLayout[];
  /** Clients that have been claimed as tenants; none where profiles are named. */
  readonly tenants: readonly ClientLayout[];
  /** What was named and is not there. */
  readonly missing: readonly { readonly layout: ProfileLayout; readonly error: CryptosyncError }[];
}

/**
 * @param isNamed whether somebody named the clients; the client `default` is shown alone only where there is one.
 * @throws INVALID_CLIENT_ID, CONFIG_INVALID
 */
export function selectForStatus(
  context: Pick<Context, 'root' | 'userId'>,
  selection: Selection,
  isNamed: boolean,
): StatusSelection {
  const { root } = context;
  const table = readMountTable();
  verifyRoot(root, context.userId);
  const named = [...new Set(selection.clients)].map((text) => parseClientId(text));
  const profiles = [...new Set(selection.profiles)].map((text) => parseProfileName(text));
  const isAll = selection.all || (!isNamed && !named.some((client) => isClientThere(root, client, table)));
  const clients = isAll ? listClients(root, table) : named;
  const tenants =
    profiles.length > 0
      ? []
      : clients.map((client) => clientLayout(root, client)).filter((layout) => isTenant(layout, table));
  const wanted = clients.flatMap((client) => wantedOf(root, client, { profiles, isAll, table }));
  const layouts = wanted.flatMap(({ layout, isThere }) => (isThere ? [layout] : []));
  const missing = wanted.flatMap(({ layout, isThere }) => (isThere ? [] : [notThere(layout)]));
  // of all clients only some need to have a profile of that name
  const isExcused = isAll && (layouts.length > 0 || missing.length === 0);
  return { table, layouts, tenants, missing: isExcused ? [] : missing };
}

interface Wish {
  readonly profiles: readonly ProfileName[];
  readonly isAll: boolean;
  readonly table: readonly MountEntry[];
}

function wantedOf(
  root: string,
  client: ClientId,
  { profiles, isAll, table }: Wish,
): { layout: ProfileLayout; isThere: boolean }[] {
  // one whose store is sick is shown as that, and keeps no other from being shown
  if (whySick(clientLayout(root, client).configDirectory, table) !== undefined) {
    const named = profiles.length > 0 ? profiles : [defaultProfile];
    return named.map((profile) => ({ layout: profileLayout(root, client, profile), isThere: true }));
  }
  const names = configFiles(root, client, table);
  const existing = [...profilesAmong(names), ...formerProfilesAmong(names)];
  const found = profiles.length > 0 ? profiles : existing;
  // a client without a profile, such as one whose install was interrupted, is shown when it is named
  const isShown = found.length > 0 || isAll || isTenant(clientLayout(root, client), table);
  const shown = isShown ? found : [defaultProfile];
  return shown.map((profile) => ({
    layout: profileLayout(root, client, profile),
    isThere: existing.includes(profile) || (profiles.length === 0 && isClientThere(root, client, table)),
  }));
}

function isClientThere(root: string, client: ClientId, table: readonly MountEntry[]): boolean {
  const { toolDirectory } = clientLayout(root, client);
  return whySick(toolDirectory, table) !== undefined || kindOf(toolDirectory) !== 'none';
}

function notThere(layout: ProfileLayout): { layout: ProfileLayout; error: CryptosyncError } {
  try {
    readProfile(layout);
    throw new Error(`${layout.profileFile} came meanwhile`);
  } catch (thrown) {
    return { layout, error: toCryptosyncError(thrown) };
  }
}
