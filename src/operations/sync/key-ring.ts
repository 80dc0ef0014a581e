/** The key of a profile's crypt layer, asked for once in a run, and once more when the profile names another source. */
import type { Profile } from '../../clients/profile.ts';
import { type CryptKey, wipeKey } from '../../remotes/crypt.ts';
import type { SyncRequest } from './sync-request.ts';

export interface KeyRing {
  keyFor(profile: Profile): Promise<CryptKey>;
  wipe(): void;
}

export function keyRing({ layout, encryptionKey }: Pick<SyncRequest, 'layout' | 'encryptionKey'>): KeyRing {
  const keys = new Map<string, CryptKey>();
  return {
    async keyFor(profile) {
      const source = JSON.stringify([profile.encryptionKeyCommand, profile.encryptionSaltCommand]);
      const key = keys.get(source) ?? (await encryptionKey(layout, profile));
      keys.set(source, key);
      return key;
    },
    wipe() {
      for (const key of keys.values()) wipeKey(key);
    },
  };
}
