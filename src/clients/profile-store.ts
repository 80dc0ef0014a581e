/** Profiles on disk: `cryptosync/config/<profile>.json`, one file each. */
import { chmodSync } from 'node:fs';
import { CryptosyncError } from '../system/errors.ts';
import { ensureDirectory, kindOf, readTextIfPresent, syncDirectory } from '../system/files.ts';
import { directoryMode, fileMode, type ProfileLayout } from './layout.ts';
import { type Profile, parseProfile, profileSchema } from './profile.ts';

/** @throws CLIENT_NOT_FOUND, PROFILE_NOT_FOUND, CONFIG_INVALID */
export function readProfile(layout: ProfileLayout): Profile {
  const profile = readProfileIfPresent(layout);
  if (profile !== undefined) return profile;
  const { client, profile: name } = layout;
  if (kindOf(layout.configDirectory) === 'none') {
    throw new CryptosyncError('CLIENT_NOT_FOUND', `there is no client ${client} in ${layout.directory}`, {
      hint: `Set it up: cryptosync install --client ${client}. See which there are: cryptosync status --all`,
    });
  }
  throw new CryptosyncError('PROFILE_NOT_FOUND', `client ${client} has no profile ${name}`, {
    hint: `Set it up: cryptosync install --client ${client} --profile ${name}`,
  });
}

/** @throws CONFIG_INVALID */
export function readProfileIfPresent(layout: ProfileLayout): Profile | undefined {
  const text = readTextIfPresent(layout.profileFile);
  return text === undefined ? undefined : parseProfile(text, layout.profileFile);
}

/** Writes a profile atomically, mode 0600. */
export async function writeProfile(layout: ProfileLayout, profile: Profile): Promise<void> {
  ensureDirectory(layout.configDirectory, directoryMode);
  const { default: Conf } = await import('conf');
  const store = new Conf<Profile>({
    cwd: layout.configDirectory,
    configName: layout.profile,
    configFileMode: fileMode,
    projectSuffix: '',
    projectName: 'cryptosync',
    serialize: (value) => `${JSON.stringify(value, undefined, 2)}\n`,
    // a broken file is told by readProfile before this, and replaced only by those who asked for it
    clearInvalidConfig: true,
  });
  store.store = inSchemaOrder(profile);
  chmodSync(layout.profileFile, fileMode);
  syncDirectory(layout.configDirectory);
}

/** A profile reads better when its keys always stand in the same order. */
function inSchemaOrder(profile: Profile): Profile {
  const order = Object.keys(profileSchema.entries);
  const rank = ([key]: [string, unknown]): number => order.indexOf(key);
  return Object.fromEntries(Object.entries(profile).sort((a, b) => rank(a) - rank(b))) as Profile;
}
