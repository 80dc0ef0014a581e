/**
 * Which profiles a status is about. What was named and is not there is an error, as for every command; what was not
 * named is everything that is there.
 */

import { configFiles, listLayouts, profilesAmong, verifyRoot } from '../../clients/discovery.ts';
import { formerProfilesAmong } from '../../clients/former-tree.ts';
import { whyClientSick } from '../../clients/home/reachable.ts';
import {
  type ClientLayout,
  clientLayout,
  type ProfileLayout,
  profileLayoutIn,
} from '../../clients/layout.ts';
import { defaultProfile, type ProfileName, parseClientId, parseProfileName } from '../../clients/names.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { isTenant } from '../../sessions/on-disk.ts';
import { type CryptosyncError, toCryptosyncError } from '../../system/errors.ts';
import { kindOf } from '../../system/files.ts';
import { type MountEntry, readMountTable } from '../../vaults/mounts/mount-table.ts';
import type { Context } from '../context.ts';
import type { Selection } from '../targets.ts';
import { type KeptFleet, openKeptFleet } from './kept/kept-fleet.ts';

export interface StatusSelection {
  /** What was mounted when they were looked for. */
  readonly table: readonly MountEntry[];
  readonly layouts: readonly ProfileLayout[];
  /** Clients that have been claimed as tenants; none where profiles are named. */
  readonly tenants: readonly ClientLayout[];
  /** What was named and is not there. */
  readonly missing: readonly { readonly layout: ProfileLayout; readonly error: CryptosyncError }[];
  /** Clients of whom an earlier status is told again, and who are not in the lists. Undefined where that was not asked for. */
  readonly kept?: KeptFleet | undefined;
}

export interface SelectionManner {
  /** Whether somebody named the clients; the client `default` is shown alone only where there is one. */
  readonly isNamed: boolean;
  /** Whether what was kept of an earlier status may be told, of clients of which nothing was changed since. */
  readonly mayTellKept?: boolean;
}

/**
 * @throws INVALID_CLIENT_ID, CONFIG_INVALID
 */
export function selectForStatus(
  context: Pick<Context, 'root' | 'userId' | 'clock'>,
  selection: Selection,
  { isNamed, mayTellKept = false }: SelectionManner,
): StatusSelection {
  const { root } = context;
  const table = readMountTable();
  verifyRoot(root, context.userId);
  const named = [...new Set(selection.clients)].map((text) => parseClientId(text));
  const profiles = [...new Set(selection.profiles)].map((text) => parseProfileName(text));
  const isAll =
    selection.all || (!isNamed && !named.some((client) => isClientThere(clientLayout(root, client), table)));
  const kept = mayTellKept && isAll && profiles.length === 0 ? openKeptFleet(context, table) : undefined;
  const clients = isAll
    ? listLayouts(root, table, (client) => kept?.rows.has(client) === true)
    : named.map((client) => clientLayout(root, client));
  const tenants = profiles.length > 0 ? [] : clients.filter((layout) => isTenant(layout, table));
  const wanted = clients.flatMap((client) => wantedOf(client, { profiles, isAll, table }));
  const layouts = wanted.flatMap(({ layout, isThere }) => (isThere ? [layout] : []));
  const missing = wanted.flatMap(({ layout, isThere }) => (isThere ? [] : [notThere(layout)]));
  // of all clients only some need to have a profile of that name
  const isExcused = isAll && (layouts.length > 0 || missing.length === 0);
  return { table, layouts, tenants, missing: isExcused ? [] : missing, kept };
}

interface Wish {
  readonly profiles: readonly ProfileName[];
  readonly isAll: boolean;
  readonly table: readonly MountEntry[];
}

function wantedOf(
  base: ClientLayout,
  { profiles, isAll, table }: Wish,
): { layout: ProfileLayout; isThere: boolean }[] {
  // one whose store is sick is shown as that, and keeps no other from being shown
  if (whyClientSick(base, table) !== undefined) {
    const named = profiles.length > 0 ? profiles : [defaultProfile];
    return named.map((profile) => ({ layout: profileLayoutIn(base, profile), isThere: true }));
  }
  const names = configFiles(base, table);
  const existing = [...profilesAmong(names), ...formerProfilesAmong(names)];
  const found = profiles.length > 0 ? profiles : existing;
  // a client without a profile, such as one whose install was interrupted, is shown when it is named
  const isShown = found.length > 0 || isAll || isTenant(base, table);
  const shown = isShown ? found : [defaultProfile];
  return shown.map((profile) => ({
    layout: profileLayoutIn(base, profile),
    isThere: existing.includes(profile) || (profiles.length === 0 && isClientThere(base, table)),
  }));
}

function isClientThere(layout: ClientLayout, table: readonly MountEntry[]): boolean {
  return whyClientSick(layout, table) !== undefined || kindOf(layout.toolDirectory) !== 'none';
}

function notThere(layout: ProfileLayout): { layout: ProfileLayout; error: CryptosyncError } {
  try {
    readProfile(layout);
    throw new Error(`${layout.profileFile} came meanwhile`);
  } catch (thrown) {
    return { layout, error: toCryptosyncError(thrown) };
  }
}
