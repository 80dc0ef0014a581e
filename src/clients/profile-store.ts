/** Profiles on disk: `cryptosync/config/<profile>.json`, one file each. */

import { dirname } from 'node:path';
import { CryptosyncError } from '../system/errors.ts';
import { ensureDirectory, kindOf } from '../system/files.ts';
import { parseStoredJson } from '../system/paths/stored-json.ts';
import { readTrustedText } from '../system/paths/trust.ts';
import type { TrustedTree } from '../system/paths/trusted-tree.ts';
import type { MountEntry } from '../system/stores/mount-table.ts';
import { verifyHome } from './home/copied-tree.ts';
import { verifyNotMisplaced } from './home/misplaced-tree.ts';
import { verifyClientReachable, whyClientSick } from './home/reachable.ts';
import { directoryMode, fileMode, type ProfileLayout } from './layout.ts';
import { checkProfile, type Profile, parseProfile, profileSchema } from './profile.ts';
import { writeStored } from './store.ts';

/** @param table what is mounted; default: as it is now. @throws CLIENT_NOT_FOUND, PROFILE_NOT_FOUND, CONFIG_INVALID */
export function readProfile(layout: ProfileLayout, table?: readonly MountEntry[]): Profile {
  const profile = readProfileIfPresent(layout, undefined, table);
  if (profile !== undefined) return profile;
  const { client, profile: name } = layout;
  if (kindOf(layout.configDirectory) === 'none') {
    verifyNotMisplaced(dirname(layout.directory), layout);
    throw new CryptosyncError('CLIENT_NOT_FOUND', `there is no client ${client} in ${layout.directory}`, {
      advice: { to: 'set-up-or-list-clients', client },
    });
  }
  throw new CryptosyncError('PROFILE_NOT_FOUND', `client ${client} has no profile ${name}`, {
    advice: { to: 'set-up-profile', client, profile: name },
  });
}

/**
 * The same for a change of one key, which may be what mends it: a value in it need not be valid yet.
 * @throws CONFIG_INVALID for a file that is no object of JSON, and for a tree that was copied here from elsewhere
 */
export function readProfileToMend(layout: ProfileLayout): Profile {
  verifyClientReachable(layout);
  try {
    const value = parseStoredJson(readTrustedText(layout.profileFile, layout.directory) ?? '');
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const checked = checkProfile(value);
      if ('profile' in checked) verifyHome(layout, checked.profile);
      return value as Profile;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return readProfile(layout);
}

/**
 * @param from the client's directory, from `trustedTree`.
 * @throws CONFIG_INVALID, also for a profile of a tree that was copied here from elsewhere
 */
export function readProfileIfPresent(
  layout: ProfileLayout,
  from?: TrustedTree,
  table?: readonly MountEntry[],
): Profile | undefined {
  const profile = readProfileAsWritten(layout, from, table);
  if (profile !== undefined) verifyHome(layout, profile);
  return profile;
}

/** The same, whatever tree it was written for. @throws CONFIG_INVALID, and VAULT_MISSING when its store is sick */
export function readProfileAsWritten(
  layout: ProfileLayout,
  from?: TrustedTree,
  table?: readonly MountEntry[],
): Profile | undefined {
  if (from === undefined) verifyClientReachable(layout, table);
  const text = readTrustedText(layout.profileFile, layout.directory, from);
  return text === undefined ? undefined : parseProfile(text, layout.profileFile);
}

/** True for a profile that nobody has made; one whose store is sick may be there. */
export function isMissing(layout: ProfileLayout, table?: readonly MountEntry[]): boolean {
  return whyClientSick(layout, table) === undefined && kindOf(layout.profileFile) === 'none';
}

/** Writes a profile atomically, mode 0600. */
export async function writeProfile(layout: ProfileLayout, profile: Profile): Promise<void> {
  ensureDirectory(layout.configDirectory, directoryMode, layout.directory);
  const { profileFile: file, directory: base } = layout;
  await writeStored({ file, base, mode: fileMode, keepsMode: false }, inSchemaOrder(profile));
}

/** A profile reads better when its keys always stand in the same order. */
function inSchemaOrder(profile: Profile): Profile {
  const order = Object.keys(profileSchema.entries);
  const rank = ([key]: [string, unknown]): number => order.indexOf(key);
  return Object.fromEntries(Object.entries(profile).sort((a, b) => rank(a) - rank(b))) as Profile;
}
