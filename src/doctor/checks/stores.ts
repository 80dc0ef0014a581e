/** The file systems below a profile's directories: one that is dead or silent is to blame, and not what lies there. */
import { type Role, roles, unusable, whySick } from '../../system/stores/stores.ts';
import type { Examination, ProfileCase } from '../examination.ts';
import type { Diagnosis } from '../finding.ts';

export function checkStores(_examination: Examination, { name, vault, state }: ProfileCase): Diagnosis[] {
  const places: (readonly [Role, string])[] = [[roles.ciphertext, vault.encryptedDir]];
  // a mount of the vault itself is another check's
  if (state.kind === 'unmounted') places.push([roles.mountPoint, vault.mountDir]);
  return places.flatMap(([role, path]) => {
    const sick = whySick(path);
    if (sick === undefined) return [];
    return [
      {
        id: 'store-sick',
        severity: 'error',
        subject: name,
        what: unusable(role, path, sick).message,
        why: 'What lies there can neither be read nor written until it is back.',
        mend: { to: 'mend-store' },
      },
    ];
  });
}
