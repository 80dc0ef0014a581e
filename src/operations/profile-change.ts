/**
 * Changing a profile: what may change, and writing it. The old one is kept as `<profile>.json.bak`. A change that
 * would strand data (the vault's place, engine or id) is refused with the way to do it properly.
 */
import { listProfiles } from '../clients/discovery.ts';
import { fileMode, type ProfileLayout, profileLayout } from '../clients/layout.ts';
import { withLock } from '../clients/lock.ts';
import { checkProfile, type Profile } from '../clients/profile.ts';
import { readProfileIfPresent, writeProfile } from '../clients/profile-store.ts';
import type { SchemaIssue } from '../clients/schema-issues.ts';
import { recordedLinks, summarise, writeSummary } from '../clients/summary.ts';
import { CryptosyncError } from '../system/errors.ts';
import { readTextIfPresent, writeFileAtomic } from '../system/files.ts';
import { engineNamed } from '../vaults/engines.ts';
import { resolveMountPath, verifySeparate } from '../vaults/mount-point.ts';
import { stateOfVault } from '../vaults/mounting.ts';
import { inspectEncryptedDirectory } from '../vaults/vault-directory.ts';
import type { Context } from './context.ts';
import { configLockRequest } from './locks.ts';
import { nameOf } from './recorded.ts';
import { verifyMappings } from './sync/mapping.ts';
import { vaultOf } from './vault-of.ts';

/** A text that an operator saved, judged. */
export type DraftReview =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'invalid'; readonly issues: readonly SchemaIssue[] }
  | { readonly kind: 'refused'; readonly error: CryptosyncError }
  | { readonly kind: 'valid'; readonly profile: Profile };

/** Judges the text of a profile. It changes nothing. */
export async function reviewDraft(
  layout: ProfileLayout,
  existing: Profile | undefined,
  text: string,
): Promise<DraftReview> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: 'invalid', issues: [{ path: '(the whole file)', message: (error as Error).message }] };
  }
  const checked = checkProfile(value);
  if ('issues' in checked) return { kind: 'invalid', issues: checked.issues };
  const { $schema: _editorOnly, ...profile } = checked.profile;
  if (existing !== undefined && JSON.stringify(existing) === JSON.stringify(profile))
    return { kind: 'unchanged' };
  try {
    if (existing !== undefined) await verifyChange(layout, existing, profile);
    return { kind: 'valid', profile };
  } catch (error) {
    if (error instanceof CryptosyncError) return { kind: 'refused', error };
    throw error;
  }
}

/** @throws CONFIG_INVALID, VAULT_MOUNTED when the change would part the profile from its vault. */
export async function verifyChange(layout: ProfileLayout, existing: Profile, wanted: Profile): Promise<void> {
  verifyMappings(layout, wanted);
  const name = nameOf(layout);
  if (existing.engine !== wanted.engine) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `the engine of ${name} can't change: its vault is a ${existing.engine} one`,
      {
        hint: `Make another profile with the other engine and copy the files: cryptosync install --client ${layout.client} --profile NAME --engine ${wanted.engine}`,
      },
    );
  }
  if (existing.vaultId !== undefined && existing.vaultId !== wanted.vaultId) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `the vault id of ${name} can't change: it is what tells the right vault`,
      {
        hint: 'For another vault make another profile.',
      },
    );
  }
  if (existing.encryptedDir !== wanted.encryptedDir) verifyMoved(existing, wanted);
  if (existing.mountDir !== wanted.mountDir || existing.encryptedDir !== wanted.encryptedDir) {
    const vault = vaultOf(layout, existing);
    if ((await stateOfVault(vault)).kind !== 'unmounted') {
      throw new CryptosyncError(
        'VAULT_MOUNTED',
        `${name} is mounted at ${vault.mountDir}: its directories can't change now`,
        {
          hint: 'Unmount it first.',
        },
      );
    }
    verifySeparate(resolveMountPath(wanted.encryptedDir), resolveMountPath(wanted.mountDir));
  }
}

/** The place of a vault changes by moving the vault, and the profile after it. */
function verifyMoved(existing: Profile, wanted: Profile): void {
  const engine = engineNamed(existing.engine);
  const old = inspectEncryptedDirectory(engine, existing.encryptedDir).kind;
  const next = inspectEncryptedDirectory(engine, wanted.encryptedDir).kind;
  if (old !== 'vault' && (next === 'vault' || existing.vaultId === undefined)) return;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `the vault is still in ${existing.encryptedDir}, and none is in ${wanted.encryptedDir}`,
    {
      hint: `Unmount it, move the directory, then change the profile: mv ${existing.encryptedDir} ${wanted.encryptedDir}`,
    },
  );
}

/** Writes a changed profile, whatever stands there now. @throws LOCKED */
export async function replaceProfile(
  context: Context,
  layout: ProfileLayout,
  profile: Profile,
  wait: number,
): Promise<void> {
  await changeProfile(context, layout, wait, async () => profile);
}

/**
 * Changes a profile under the configuration's lock, keeping the old one as `.bak`, and writes the summary after it.
 * @param decide gives the new profile, and reads the old one only here: of two changes at once none is lost.
 * @throws LOCKED, and what `decide` throws; then nothing has changed
 */
export async function changeProfile(
  context: Context,
  layout: ProfileLayout,
  wait: number,
  decide: () => Promise<Profile>,
): Promise<void> {
  const lock = configLockRequest(layout, 'config', wait);
  await withLock(lock, context, async () => {
    const profile = await decide();
    const old = readTextIfPresent(layout.profileFile);
    if (old !== undefined) writeFileAtomic(`${layout.profileFile}.bak`, old, fileMode);
    await writeProfile(layout, profile);
    refreshSummary(context, layout, recordedLinks(layout, layout.profile));
  });
  context.log.write('INFO', `${nameOf(layout)}: the profile was changed`);
}

/** Writes summary.json anew: this profile on top, all of the client's below. The caller holds the lock. */
export function refreshSummary(context: Context, layout: ProfileLayout, links: readonly string[]): void {
  const summaries = listProfiles(context.root, layout.client).flatMap((name) => {
    const other = profileLayout(context.root, layout.client, name);
    const profile = readForSummary(context, other);
    const own = name === layout.profile ? links : recordedLinks(layout, name);
    return profile === undefined ? [] : [summarise(other, profile, own)];
  });
  const latest = summaries.find(({ config_name }) => config_name === layout.profile) ?? summaries[0];
  if (latest !== undefined) writeSummary(layout, context.version, latest, summaries);
}

/** A broken profile beside the one that was changed is no reason to fail. */
function readForSummary(context: Context, layout: ProfileLayout): Profile | undefined {
  try {
    return readProfileIfPresent(layout);
  } catch (error) {
    context.warn(`${nameOf(layout)} is left out of summary.json: ${(error as Error).message}`);
    return undefined;
  }
}
