/**
 * Changing a profile: what may change, and writing it. The old one is kept as `<profile>.json.bak`. A change that
 * would strand data (the vault's place, engine or id) is refused with the way to do it properly.
 */
import { listProfiles } from '../../clients/discovery.ts';
import { fileMode, nameOf, type ProfileLayout, profileLayout } from '../../clients/layout.ts';
import { checkProfile, type Profile } from '../../clients/profile.ts';
import { readProfile, readProfileIfPresent, writeProfile } from '../../clients/profile-store.ts';
import type { SchemaIssue } from '../../clients/schema-issues.ts';
import { recordedLinks, summarise, writeSummary } from '../../clients/summary.ts';
import { readRcloneConf } from '../../remotes/configuration.ts';
import { logged } from '../../runs/recorded.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';
import { readTrustedText } from '../../system/paths/trust.ts';
import { engineNamed } from '../../vaults/engines/engines.ts';
import { stateOfVault } from '../../vaults/mounting.ts';
import { leaveMountDirectory, resolveMountPath, verifySeparate } from '../../vaults/mounts/mount-point.ts';
import { inspectEncryptedDirectory } from '../../vaults/vault-directory.ts';
import type { Context } from '../context.ts';
import { configLockRequest, vaultLockRequest } from '../locks.ts';
import { verifyMappings } from '../sync/mapping.ts';
import { underLocks } from '../under-locks.ts';
import { vaultOf } from '../vault-of.ts';
import { warnOfExposure } from './exposed-remote.ts';

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
    value = parseStoredJson(text);
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
        advice: { to: 'make-profile-for-engine', client: layout.client, engine: wanted.engine },
      },
    );
  }
  if (existing.vaultId !== undefined && existing.vaultId !== wanted.vaultId) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `the vault id of ${name} can't change: it is what tells the right vault`,
      {
        advice: { to: 'make-profile-for-vault' },
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
          advice: { to: 'unmount-first' },
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
      advice: { to: 'move-vault-first', from: existing.encryptedDir, into: wanted.encryptedDir },
    },
  );
}

export interface ProfileChange {
  readonly layout: ProfileLayout;
  /** Milliseconds to wait for its locks. */
  readonly wait: number;
  /** The command that changes it. */
  readonly purpose: string;
}

/**
 * Changes a profile as it stands under the configuration's lock: of two changes at once none is lost.
 * @param next makes the new profile out of the one that stands there; it is called before the lock, too.
 * @throws LOCKED, PROFILE_NOT_FOUND, CONFIG_INVALID, and what `next` throws; then nothing has changed
 */
export async function changeProfile(
  context: Context,
  change: ProfileChange,
  next: (current: Profile) => Profile,
): Promise<void> {
  await writeDecided(context, change, async () => {
    const existing = readProfile(change.layout);
    const wanted = next(existing);
    await verifyChange(change.layout, existing, wanted);
    return { existing, wanted };
  });
}

export interface ProfileDecision {
  /** Undefined for one that could not be read and is mended. */
  readonly existing: Profile | undefined;
  readonly wanted: Profile;
}

/**
 * Writes what `decide` decides, keeping the old profile as `.bak`, and the summary after it. Where the vault or its
 * mount is moved, nothing may be at work on it.
 * @param decide reads what there is; it is called before the locks and again under them.
 */
export async function writeDecided(
  context: Context,
  { layout, wait, purpose }: ProfileChange,
  decide: () => Promise<ProfileDecision>,
): Promise<void> {
  await underLocks(
    context,
    {
      wait,
      record: (run) =>
        logged(
          context,
          { subject: nameOf(layout), operation: purpose === 'config' ? purpose : `${purpose}: config` },
          run,
          {
            describe: () => ({ outcome: 'changed', did: layout.profileFile }),
          },
        ),
    },
    {
      look: decide,
      locks: (decision) => [
        configLockRequest(layout, purpose),
        ...movedDirectories(layout, decision).map((path) => vaultLockRequest(layout, path, purpose)),
      ],
      async act({ existing, wanted }) {
        const old = readTrustedText(layout.profileFile, layout.directory);
        if (old !== undefined) writeFileAtomic(`${layout.profileFile}.bak`, old, fileMode, layout.directory);
        await writeProfile(layout, wanted);
        await leaveFormerMountDirectory(context, layout, { existing, wanted });
        refreshSummary(context, layout, recordedLinks(layout, layout.profile));
        warnOfOtherRemote(context, layout, { existing, wanted });
      },
    },
  );
}

/** The encrypted directories, old and new, of a change that moves the vault or its mount. */
export function movedDirectories(layout: ProfileLayout, { existing, wanted }: ProfileDecision): string[] {
  const isMoved = existing?.encryptedDir !== wanted.encryptedDir || existing.mountDir !== wanted.mountDir;
  if (!isMoved) return [];
  const profiles = existing === undefined ? [wanted] : [existing, wanted];
  return profiles.map((profile) => vaultOf(layout, profile).encryptedDir);
}

/** A broken rclone.conf is told by whoever needs it. */
function warnOfOtherRemote(
  context: Context,
  layout: ProfileLayout,
  { existing, wanted }: ProfileDecision,
): void {
  if (wanted.remote === undefined || existing?.remote?.name === wanted.remote.name) return;
  try {
    warnOfExposure(context, readRcloneConf(layout.rcloneConfig, layout.directory), wanted.remote.name);
  } catch (error) {
    if (!(error instanceof CryptosyncError)) throw error;
  }
}

/** Where the mount has moved to another directory, the old one is let go of, unless another profile is mounted there. */
export async function leaveFormerMountDirectory(
  { environment, root }: Context,
  layout: ProfileLayout,
  { existing, wanted }: ProfileDecision,
): Promise<void> {
  if (existing === undefined || existing.mountDir === wanted.mountDir) return;
  const isOthers = listProfiles(root, layout.client)
    .filter((name) => name !== layout.profile)
    .some((name) => mountDirectoryOf(profileLayout(root, layout.client, name)) === existing.mountDir);
  if (!isOthers) await leaveMountDirectory(vaultOf(layout, existing).mountDir, environment);
}

function mountDirectoryOf(layout: ProfileLayout): string | undefined {
  try {
    return readProfileIfPresent(layout)?.mountDir;
  } catch {
    return undefined; // a broken one is mounted nowhere
  }
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
