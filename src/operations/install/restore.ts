/** Bringing a lost vault back from its remote: the first half of an install on a new machine. */
import type { ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { controlFiles } from '../../remotes/control-files.ts';
import { verifyKeyCheck } from '../../remotes/key-check.ts';
import { readMarker } from '../../remotes/marker.ts';
import { placeOf } from '../../remotes/remote.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { Context, KeyProvider, PasswordProvider } from '../context.ts';
import { viewOf } from '../sync/crypt-layer.ts';
import { cryptOf, type Mapping } from '../sync/mapping.ts';
import { runMapping } from '../sync/sync-run.ts';
import { vaultSource } from '../sync/sync-source.ts';
import { remoteOf, vaultOf } from '../vault-of.ts';

export interface RestoreInputs {
  readonly password: PasswordProvider;
  readonly encryptionKey: KeyProvider;
  readonly wait: number;
}

/**
 * Downloads whatever vault lies on the remote; the marker there says which. The caller opens it afterwards, and its
 * canary proves that it is that one.
 * @throws VAULT_EMPTY, VAULT_FOREIGN, VAULT_MISMATCH, DECRYPTION_FAILED; then nothing is there
 */
export async function restoreVault(
  context: Context,
  layout: ProfileLayout,
  profile: Profile,
  inputs: RestoreInputs,
): Promise<void> {
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
    const mapping = { ...unknown, source: vaultSource(vault, vaultId) };
    const request = { ...inputs, layout, dryRun: false, remount: false };
    await runMapping(context, request, profile, mapping, { key, stillness: { kind: 'as-is' } });
  } finally {
    key?.key.wipe();
    key?.salt?.wipe();
  }
}

/** Whose vault lies there, by its marker. @throws VAULT_FOREIGN for files without one, and what the key check throws */
async function ownerOf(context: Context, mapping: Mapping, view: Mapping['raw']): Promise<string> {
  if (mapping.crypt !== undefined) {
    await verifyKeyCheck({ raw: mapping.raw, decrypted: view, owner: undefined }, context);
  }
  const reading = await readMarker(controlFiles(view, context));
  if (reading.kind === 'present' && !reading.marker.vaultId.includes('#')) return reading.marker.vaultId;
  // a remote without a marker, of an older tree: the download itself looks for the vault's configuration
  if (reading.kind === 'absent') return '';
  throw new CryptosyncError('VAULT_FOREIGN', `${placeOf(mapping.raw)} holds no vault`, {
    hint: 'Check the path of the remote. Nothing was brought from there.',
  });
}
