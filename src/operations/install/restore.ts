/** Bringing a lost vault back from its remote: the first half of an install on a new machine. */

import type { ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { verifyKeyCheck } from '../../remotes/control/key-check.ts';
import { readState } from '../../remotes/control/state.ts';
import { wipeKey } from '../../remotes/crypt.ts';
import { inPlace } from '../../remotes/open-place.ts';
import { placeOf } from '../../remotes/remote.ts';
import type { Secret } from '../../secrets/secret.ts';
import { viewOf } from '../../sync/layer.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { Context } from '../context.ts';
import { cryptOf, type Mapping } from '../sync/mapping.ts';
import { runMapping } from '../sync/sync-run.ts';
import { vaultSource } from '../sync/vault-source.ts';
import { remoteOf, vaultOf } from '../vault-of.ts';
import type { InstallInputs } from './installation.ts';

export type RestoreInputs = Pick<InstallInputs, 'password' | 'encryptionKey' | 'wait' | 'bringBack'> & {
  /** Of the vault. */
  readonly opening: Secret | undefined;
};

/**
 * Downloads whatever vault lies on the remote; the marker there says which. The caller holds the locks of a download,
 * and opens the vault afterwards: its canary proves that it is that one.
 * @returns the vault's id; undefined for a remote of an older tree, which does not say.
 * @throws VAULT_EMPTY, VAULT_FOREIGN, VAULT_MISMATCH, DECRYPTION_FAILED; then nothing is there
 */
export async function restoreVault(
  context: Context,
  layout: ProfileLayout,
  profile: Profile,
  inputs: RestoreInputs,
): Promise<string | undefined> {
  const vault = vaultOf(layout, profile);
  const crypt = cryptOf(profile);
  const key = crypt === undefined ? undefined : await inputs.encryptionKey(layout, profile);
  try {
    const unknown: Mapping = {
      source: vaultSource(vault, profile.vaultId ?? ''),
      configuredSource: undefined,
      vault,
      raw: remoteOf(layout, profile),
      direction: 'download',
      mode: 'sync',
      include: [],
      crypt,
    };
    const vaultId = profile.vaultId ?? (await ownerOf(context, unknown, viewOf(unknown, key)));
    const mapping = { ...unknown, source: vaultSource(vault, vaultId), vault: { ...vault, vaultId } };
    if (inputs.bringBack !== undefined) {
      await inputs.bringBack({ profile, mapping, key, password: inputs.opening });
      return vaultId === '' ? undefined : vaultId;
    }
    const request = { ...inputs, layout, dryRun: false, remount: false };
    await runMapping(context, request, { profile, mapping }, { key, stillness: { kind: 'as-is' } });
    return vaultId === '' ? undefined : vaultId;
  } finally {
    if (key !== undefined) wipeKey(key);
  }
}

/** Whose vault lies there, by its marker. @throws VAULT_FOREIGN for files without one, and what the key check throws */
async function ownerOf(context: Context, mapping: Mapping, view: Mapping['raw']): Promise<string> {
  if (mapping.crypt !== undefined) {
    await verifyKeyCheck({ raw: mapping.raw, decrypted: view, owner: undefined }, context);
  }
  const reading = await inPlace(view, context, readState);
  if (reading.kind === 'present' && !reading.vaultId.includes('#')) return reading.vaultId;
  // a remote without a marker, of an older tree: the download itself looks for the vault's configuration
  if (reading.kind === 'absent') return '';
  throw new CryptosyncError('VAULT_FOREIGN', `${placeOf(mapping.raw)} holds no vault`, {
    advice: { to: 'check-remote-path' },
  });
}
