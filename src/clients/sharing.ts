/** Profiles of a client that share one vault, and what each of them keeps of it on this machine. */
import { dirname } from 'node:path';
import { listProfiles } from './discovery.ts';
import { engineStateDirectory, type ProfileLayout, profileLayout } from './layout.ts';
import type { Profile } from './profile.ts';
import { readProfileIfPresent } from './profile-store.ts';

/** The engine's state directories of all profiles with the profile's vault, its own first. */
export function engineStatesOfVault(layout: ProfileLayout, profile: Profile): string[] {
  const root = dirname(layout.directory);
  const others = listProfiles(root, layout.client)
    .map((name) => profileLayout(root, layout.client, name))
    .filter((other) => other.profile !== layout.profile && sharesVault(other, profile));
  return [layout, ...others].map(engineStateDirectory);
}

function sharesVault(other: ProfileLayout, { encryptedDir }: Profile): boolean {
  try {
    return readProfileIfPresent(other)?.encryptedDir === encryptedDir;
  } catch {
    return false; // a broken profile: no command works on it
  }
}
