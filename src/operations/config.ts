/** `config get`, `set`, `unset`, `list`: one value of a profile, or of the global settings. */

import { dirname } from 'node:path';
import * as v from 'valibot';
import { type Check, setKey, unsetKey, valueAt, verifyKey } from '../clients/keys.ts';
import type { ProfileLayout } from '../clients/layout.ts';
import { checkProfile, cryptSchema, type Profile, profileSchema, remoteSchema } from '../clients/profile.ts';
import { readProfile } from '../clients/profile-store.ts';
import { issuesOf } from '../clients/schema-issues.ts';
import { readSettings, type Settings, settingsSchema } from '../clients/settings.ts';
import { CryptosyncError } from '../system/errors.ts';
import { ensureDirectory, writeFileAtomic } from '../system/files.ts';
import type { Context } from './context.ts';
import { changeProfile, verifyChange } from './profile-change.ts';

/** A configuration that has keys: a profile or the global settings. */
export interface KeyStore {
  readonly file: string;
  readonly keys: readonly string[];
  read(): object;
  /** @throws CONFIG_INVALID when the result is not valid, or would strand data */
  set(key: string, text: string): Promise<void>;
  unset(key: string): Promise<void>;
}

const profileKeys = [
  ...Object.keys(profileSchema.entries).filter((key) => key !== '$schema'),
  ...Object.keys(remoteSchema.entries).map((key) => `remote.${key}`),
  ...Object.keys(cryptSchema.entries).map((key) => `crypt.${key}`),
];

export function profileKeyStore(context: Context, layout: ProfileLayout, wait: number): KeyStore {
  const check: Check<Profile> = (value) => {
    const checked = checkProfile(value);
    return 'profile' in checked ? { config: checked.profile } : checked;
  };
  const change = async (key: string, next: (profile: Profile) => Profile): Promise<void> => {
    verifyKey(key, profileKeys);
    next(readProfile(layout)); // what is not valid is told without the lock, which needs a client's directory
    await changeProfile(context, layout, wait, async () => {
      const existing = readProfile(layout);
      const wanted = next(existing);
      await verifyChange(layout, existing, wanted);
      return wanted;
    });
  };
  return {
    file: layout.profileFile,
    keys: profileKeys,
    read: () => readProfile(layout),
    set: (key, text) => change(key, (profile) => setKey(profile, key, text, check)),
    unset: (key) => change(key, (profile) => unsetKey(profile, key, check)),
  };
}

/** @throws USAGE for a user without a place for settings */
export function settingsPlace(file: string | undefined): string {
  if (file !== undefined) return file;
  throw new CryptosyncError('USAGE', 'there is no place for global settings without a HOME', {
    hint: 'Set HOME or XDG_CONFIG_HOME.',
  });
}

/** Other users' commands read the settings as well. */
export function writeSettings(file: string, settings: Settings): void {
  ensureDirectory(dirname(file), 0o755);
  writeFileAtomic(file, `${JSON.stringify(settings, undefined, 2)}\n`, 0o644);
}

/** @throws USAGE for a user without a place for settings */
export function settingsKeyStore(place: string | undefined): KeyStore {
  const file = settingsPlace(place);
  const keys = Object.keys(settingsSchema.entries).filter((key) => key !== '$schema');
  const check: Check<Settings> = (value) => {
    const result = v.safeParse(settingsSchema, value);
    return result.success ? { config: result.output } : { issues: issuesOf(result.issues) };
  };
  const change = async (key: string, next: (settings: Settings) => Settings): Promise<void> => {
    verifyKey(key, keys);
    writeSettings(file, next(readSettings(file)));
  };
  return {
    file,
    keys,
    read: () => readSettings(file),
    set: (key, text) => change(key, (settings) => setKey(settings, key, text, check)),
    unset: (key) => change(key, (settings) => unsetKey(settings, key, check)),
  };
}

/** @throws USAGE for a key that there is not */
export function getKey(store: KeyStore, key: string): unknown {
  verifyKey(key, store.keys);
  return valueAt(store.read(), key);
}

/** All values that are set, by their dotted keys. */
export function listKeys(store: KeyStore): [string, unknown][] {
  const config = store.read();
  return store.keys.flatMap((key): [string, unknown][] => {
    const value = valueAt(config, key);
    const isBranch = typeof value === 'object' && value !== null && !Array.isArray(value);
    return value === undefined || isBranch ? [] : [[key, value]];
  });
}
