/** `config get`, `set`, `unset`, `list`: one value of a profile, or of the global settings. */

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { type Check, type KeysElsewhere, setKey, unsetKey, valueAt, verifyKey } from '../../clients/keys.ts';
import type { ProfileLayout } from '../../clients/layout.ts';
import {
  checkProfile,
  cryptSchema,
  type Profile,
  profileSchema,
  remoteSchema,
} from '../../clients/profile.ts';
import { readProfile, readProfileToMend } from '../../clients/profile-store.ts';
import { issuesOf } from '../../clients/schema-issues.ts';
import { readSettings, type Settings, settingsSchema } from '../../clients/settings.ts';
import { writeStored } from '../../clients/store.ts';
import { hookKeys, secretAddresses, shownAddress, shownAddressesOf } from '../../clients/watching/schema.ts';
import { logged } from '../../runs/recorded.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { ensureDirectory } from '../../system/files.ts';
import { verifyTrusted } from '../../system/paths/trust.ts';
import type { Context } from '../context.ts';
import { verifyMappings } from '../sync/mapping.ts';
import { underLocks } from '../under-locks.ts';
import { verifyChange, writeDecided } from './profile-change.ts';

/** A configuration that has keys: a profile or the global settings. */
export interface KeyStore {
  readonly file: string;
  readonly keys: readonly string[];
  /** Those that only the other configuration has. */
  readonly elsewhere: KeysElsewhere;
  read(): object;
  /** @throws CONFIG_INVALID when the result is not valid, or would strand data */
  set(key: string, text: string): Promise<void>;
  unset(key: string): Promise<void>;
}

const profileKeys = [
  ...Object.keys(profileSchema.entries).filter((key) => key !== '$schema'),
  ...Object.keys(remoteSchema.entries).map((key) => `remote.${key}`),
  ...Object.keys(cryptSchema.entries).map((key) => `crypt.${key}`),
  ...hookKeys,
];

const settingsKeys = [...Object.keys(settingsSchema.entries).filter((key) => key !== '$schema'), ...hookKeys];

const amongSettings: KeysElsewhere = { keys: settingsKeys, advice: { to: 'say-global' } };
const amongProfiles: KeysElsewhere = { keys: profileKeys, advice: { to: 'leave-global-out' } };

/** Those that say which vault it is, and where. */
const placingKeys: ReadonlySet<string> = new Set<keyof Profile>([
  'engine',
  'vaultId',
  'encryptedDir',
  'mountDir',
]);

export function profileKeyStore(context: Context, layout: ProfileLayout, wait: number): KeyStore {
  const check: Check<Profile> = (value) => {
    const checked = checkProfile(value);
    return 'profile' in checked ? { config: checked.profile } : checked;
  };
  const change = async (key: string, next: (profile: Profile) => Profile): Promise<void> => {
    verifyKey(key, profileKeys, amongSettings);
    const isPlacing = placingKeys.has(key);
    const read = isPlacing ? readProfile : readProfileToMend;
    await writeDecided(context, { layout, wait, purpose: 'config' }, async () => {
      const existing = read(layout);
      const wanted = next(existing);
      // no other key parts a profile from its vault, so an invalid one may be mended by them
      if (isPlacing) await verifyChange(layout, existing, wanted);
      else verifyMappings(layout, wanted);
      return { existing, wanted };
    });
  };
  return {
    file: layout.profileFile,
    keys: profileKeys,
    elsewhere: amongSettings,
    read: () => readProfile(layout),
    set: (key, text) => change(key, (profile) => setKey(profile, key, text, check)),
    unset: (key) => change(key, (profile) => unsetKey(profile, key, check)),
  };
}

/** @throws USAGE for a user without a place for settings */
export function settingsPlace(file: string | undefined): string {
  if (file !== undefined) return file;
  throw new CryptosyncError('USAGE', 'there is no place for global settings without a HOME', {
    advice: { to: 'set-home' },
  });
}

export interface SettingsPlace {
  readonly file: string;
  /** Milliseconds to wait for their lock. */
  readonly wait: number;
}

/**
 * Changes the settings under their lock. Other users' commands read them as well; a mode that an operator gave the
 * file stays.
 * @param decide reads what there is and gives what shall be; it is called before the lock, too
 * @throws LOCKED, and what `decide` throws; then nothing has changed
 */
export async function changeSettings(
  context: Context,
  { file, wait }: SettingsPlace,
  decide: () => Settings,
): Promise<void> {
  decide(); // what is wrong is told before anything is made
  verifyTrusted(file);
  ensureDirectory(dirname(file), 0o755);
  await underLocks(
    context,
    {
      wait,
      record: (run) =>
        logged(context, { subject: 'settings', operation: 'config' }, run, {
          describe: () => ({ outcome: 'changed', did: file }),
        }),
    },
    {
      look: decide,
      locks: () => [{ path: `${file}.lock`, subject: 'the global settings', purpose: 'config' }],
      async act(settings) {
        const isSecret = shownAddressesOf(settings).length > 0;
        await writeStored({ file, mode: isSecret ? 0o600 : 0o644, keepsMode: true }, settings);
        if (isSecret && (statSync(file).mode & 0o077) !== 0)
          context.warn(
            `others can read ${file}, which holds addresses that take reports of runs: chmod 600 ${file}`,
          );
      },
    },
  );
}

/** @throws USAGE for a user without a place for settings */
export function settingsKeyStore(context: Context, place: string | undefined, wait: number): KeyStore {
  const file = settingsPlace(place);
  const check: Check<Settings> = (value) => {
    const result = v.safeParse(settingsSchema, value);
    return result.success ? { config: result.output } : { issues: issuesOf(result.issues) };
  };
  const change = async (key: string, next: (settings: Settings) => Settings): Promise<void> => {
    verifyKey(key, settingsKeys, amongProfiles);
    await changeSettings(context, { file, wait }, () => next(readSettings(file)));
  };
  return {
    file,
    keys: settingsKeys,
    elsewhere: amongProfiles,
    read: () => readSettings(file),
    set: (key, text) => change(key, (settings) => setKey(settings, key, text, check)),
    unset: (key) => change(key, (settings) => unsetKey(settings, key, check)),
  };
}

/** @throws USAGE for a key that there is not */
export function getKey(store: KeyStore, key: string): unknown {
  verifyKey(key, store.keys, store.elsewhere);
  return valueAt(store.read(), key);
}

/** All values that are set, by their dotted keys; an address that takes reports of runs only as far as it may be seen. */
export function listKeys(store: KeyStore): [string, unknown][] {
  const config = store.read();
  return store.keys.flatMap((key): [string, unknown][] => {
    const value = valueAt(config, key);
    const isBranch = typeof value === 'object' && value !== null && !Array.isArray(value);
    const shown = secretAddresses.has(key) ? shownAddress(String(value)) : value;
    return value === undefined || isBranch ? [] : [[key, shown]];
  });
}
