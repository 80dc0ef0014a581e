/** From a profile to what the doctor's checks are given of it. */

import { verifyClientReachable } from '../../clients/home/reachable.ts';
import { nameOf, type ProfileLayout } from '../../clients/layout.ts';
import { readProfileIfPresent } from '../../clients/profile-store.ts';
import { namesOf, type ProfileCase } from '../../doctor/examination.ts';
import { type Diagnosis, isRefusedPath, mendOf } from '../../doctor/finding.ts';
import type { Remote } from '../../remotes/remote.ts';
import type { SyncHistory } from '../../runs/last-sync.ts';
import { toCryptosyncError } from '../../system/errors.ts';
import { stateOfVault } from '../../vaults/vault.ts';
import { syncHistoryOf } from '../places.ts';
import { remoteOf, vaultOf } from '../vault-of.ts';

/** Reads a profile and its state; what stands in the way of that is a diagnosis. */
export async function openCase(layout: ProfileLayout): Promise<ProfileCase | Diagnosis> {
  const name = nameOf(layout);
  const base = { severity: 'error' as const, subject: name };
  try {
    verifyClientReachable(layout);
    const profile = readProfileIfPresent(layout);
    if (profile === undefined) {
      return {
        ...base,
        id: 'profile-missing',
        what: `there is no profile ${layout.profileFile}`,
        why: 'Nothing is known of its vault and remote: no command works on it.',
        mend: { to: 'install-profile', ...namesOf(layout) },
      };
    }
    const vault = vaultOf(layout, profile);
    const openRemote = (): Remote => remoteOf(layout, profile);
    const readHistory = (): SyncHistory => syncHistoryOf(layout, profile);
    return { name, layout, profile, vault, openRemote, readHistory, state: await stateOfVault(vault) };
  } catch (thrown) {
    const error = toCryptosyncError(thrown);
    if (error.code !== 'CONFIG_INVALID') {
      const why = 'What else is wrong with it could not be told.';
      const id = error.advice?.to === 'mend-store' ? 'store-sick' : 'check-failed';
      return { ...base, id, what: error.message, why, mend: mendOf(error) };
    }
    if (isRefusedPath(error) || error.advice?.to === 'relocate-tree') {
      const why = 'Every command refuses it as long as that is so, and what else is wrong could not be told.';
      return { ...base, id: 'profile-refused', what: error.message, why, mend: mendOf(error) };
    }
    return {
      ...base,
      id: 'profile-invalid',
      what: error.message,
      why: 'Every command on this profile fails until it can be read.',
      mend: { to: 'edit-this-profile', ...namesOf(layout) },
    };
  }
}
