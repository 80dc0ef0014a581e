/** Mounting the vault of a profile. */
import { randomUUID } from 'node:crypto';
import { nameOf, type ProfileLayout } from '../clients/layout.ts';
import type { Profile } from '../clients/profile.ts';
import { readProfile, writeProfile } from '../clients/profile-store.ts';
import { type Ending, recorded } from '../runs/recorded.ts';
import type { Secret } from '../secrets/secret.ts';
import { forgetIncoming } from '../sync/here/incoming.ts';
import { verifyTools } from '../system/dependencies.ts';
import { CryptosyncError } from '../system/errors.ts';
import { verifyTrusted } from '../system/paths/trust.ts';
import type { MountOptions } from '../vaults/engines/engine.ts';
import {
  type MountOutcome,
  mountVault,
  stateOfVault,
  type Vault,
  verifyInitialised,
} from '../vaults/mounting.ts';
import { isHiddenFromMachine } from '../vaults/mounts/machine-wide.ts';
import { closedWayTo } from '../vaults/mounts/others.ts';
import type { Around, Context, PasswordProvider } from './context.ts';
import { configLockRequest, vaultLockRequest } from './locks.ts';
import { factsOf, tellWarnings } from './opened.ts';
import { settleVault } from './settle.ts';
import { verifyNeighbours } from './sync/neighbour-mounts.ts';
import { underLocks, underLocksAfterAsking } from './under-locks.ts';
import { mountOptionsOf, passwordSourceOf, vaultOf, verifyWhole } from './vault-of.ts';

export interface MountRequest {
  readonly layout: ProfileLayout;
  readonly options: Partial<MountOptions>;
  readonly password: PasswordProvider;
  /** Milliseconds to wait for the vault's lock. */
  readonly wait: number;
  /**
   * Takes an older or changed copy of the vault for the right one: what the engine remembers of it on this machine is
   * moved aside (hazards.md C6).
   */
  readonly acceptRollback?: boolean;
  /**
   * Takes what opens for the profile's vault, although its canary is gone or another's, or it is encrypted otherwise
   * than it was made; what it is made with is written down anew.
   */
  readonly acceptVault?: boolean;
  readonly around?: Around | undefined;
}

export interface MountResult {
  readonly state: 'mounted';
  readonly mountDir: string;
  /** False when it was mounted already. */
  readonly changed: boolean;
  readonly readOnly: boolean;
  /** Where the engine's former record was put, when a rollback was accepted. */
  readonly formerState?: string;
}

/** Mounts a vault, or confirms that it is mounted. The password is asked for only when it is needed, and first. */
export async function mountProfile(context: Context, request: MountRequest): Promise<MountResult> {
  const { layout, wait, around } = request;
  const first = lookAt(request);
  if ((await stateOfVault(first.vault)).kind === 'mounted' && first.vault.vaultId !== undefined) {
    return await confirmMount(context, layout, first);
  }
  return await underLocksAfterAsking<MountView, Secret, MountResult>(
    context,
    { wait, around, record: (run) => recorded(context, { layout, operation: 'mount' }, run, describeMount) },
    {
      look: () => lookAt(request),
      locks: ({ vault }) => [vaultLockRequest(layout, vault.encryptedDir, 'mount')],
      async ask({ profile, vault }) {
        verifyInitialised(vault.engine, vault.encryptedDir);
        verifyNeighbours(layout, profile);
        verifyTools([...vault.engine.tools, 'flock'], context.environment);
        return await request.password(layout, profile);
      },
      question: ({ vault, profile }) => [vault.encryptedDir, ...passwordSourceOf(profile)],
      forget: (password) => password.wipe(),
      act: (seen, password) => mountLocked(context, request, { first, seen, password }),
    },
  );
}

interface MountView {
  readonly profile: Profile;
  readonly vault: Vault;
  readonly options: MountOptions;
}

function lookAt({ layout, options }: MountRequest): MountView {
  const profile = readProfile(layout);
  return { profile, vault: vaultOf(layout, profile), options: mountOptionsOf(profile, options) };
}

function describeMount({ mountDir, readOnly, formerState }: MountResult): Ending {
  return {
    outcome: 'mounted',
    did: `${mountDir}${readOnly ? ', to read only' : ''}`,
    ...(formerState && { facts: { acceptedRollback: formerState } }),
  };
}

async function confirmMount(
  context: Context,
  layout: ProfileLayout,
  { vault, options }: MountView,
): Promise<MountResult> {
  const { readOnly } = await mountVault(
    vault,
    undefined,
    options,
    { newVaultId: vault.vaultId ?? '' },
    context,
  );
  warnOfMode(context, layout, options, readOnly);
  warnWhenHidden(context, layout, vault);
  return { state: 'mounted', mountDir: vault.mountDir, changed: false, readOnly };
}

interface PreparedMount {
  /** What was seen when it was asked for. */
  readonly first: MountView;
  readonly seen: MountView;
  readonly password: Secret;
}

async function mountLocked(
  context: Context,
  { layout, acceptRollback, acceptVault }: MountRequest,
  { first, seen, password }: PreparedMount,
): Promise<MountResult> {
  const { vault, options, profile } = seen;
  verifyNeighbours(layout, profile);
  verifyTrusted(vault.stateDirectory, layout.directory);
  await settleVault(context, layout, profile, vault);
  if (acceptRollback || acceptVault) verifySameVault(layout, first.vault, vault);
  if (!acceptRollback) verifyWhole(vault);
  const formerState = acceptRollback ? await forgetState(context, layout, vault) : undefined;
  // node takes some milliseconds to load what makes an id, which hardly any vault still needs
  const claim = { newVaultId: vault.vaultId ?? randomUUID(), accept: acceptVault };
  const outcome = await mountVault(vault, password, options, claim, context);
  if (acceptRollback) forgetIncoming(vault.recordsDirectory, vault.encryptedDir);
  tellWarnings(context, layout, outcome);
  if (outcome.vaultId !== undefined && isNews(profile, outcome))
    await rememberVault(context, layout, outcome);
  warnOfMode(context, layout, options, outcome.readOnly);
  warnWhenHidden(context, layout, vault);
  if (options.allowOther) warnOfOthers(context, layout, vault);
  return {
    state: 'mounted',
    mountDir: vault.mountDir,
    changed: outcome.changed,
    readOnly: outcome.readOnly,
    ...(formerState === undefined ? {} : { formerState }),
  };
}

/** That an older copy is accepted was confirmed for one vault. @throws PLAN_CHANGED */
function verifySameVault(layout: ProfileLayout, confirmed: Vault, now: Vault): void {
  if (confirmed.encryptedDir === now.encryptedDir && confirmed.vaultId === now.vaultId) return;
  throw new CryptosyncError(
    'PLAN_CHANGED',
    `the vault of ${nameOf(layout)} is another one since it was accepted as it is: ${now.encryptedDir}`,
  );
}

/** Whoever changes the profile at the same time holds its lock for an instant only. */
const profileWait = 10_000;

function isNews(profile: Profile, { vaultId, madeWith }: MountOutcome): boolean {
  if (profile.vaultId !== vaultId) return true;
  return madeWith !== undefined && JSON.stringify(profile.madeWith) !== JSON.stringify(madeWith);
}

/** Writes what a vault was found to have, or given, into its profile as that stands now. */
async function rememberVault(context: Context, layout: ProfileLayout, outcome: MountOutcome): Promise<void> {
  await underLocks(
    context,
    { wait: profileWait },
    {
      look: () => readProfile(layout),
      locks: () => [configLockRequest(layout, 'mount')],
      act: (profile) =>
        writeProfile(layout, {
          ...profile,
          ...factsOf(outcome),
          ...(profile.vaultId && { vaultId: profile.vaultId }),
        }),
    },
  );
}

/** @returns where the former record is kept; undefined when there was none, or the vault is mounted all the same. */
async function forgetState(
  context: Context,
  layout: ProfileLayout,
  vault: Vault,
): Promise<string | undefined> {
  if ((await stateOfVault(vault)).kind === 'mounted') return undefined;
  const kept = vault.engine.forgetIntegrityState?.(vault, context.clock.now());
  if (kept !== undefined) {
    context.log.write(
      'WARN',
      `${nameOf(layout)}: an older or changed vault was accepted; the former record is ${kept}`,
    );
  }
  return kept;
}

/** A mount that nobody else sees is one, and not what was meant. */
function warnWhenHidden(context: Context, layout: ProfileLayout, { mountDir }: Vault): void {
  if (!isHiddenFromMachine(mountDir)) return;
  const what = 'it is mounted in a mount namespace of its own, and the machine does not have the mount.';
  context.warn(`${nameOf(layout)}: ${what}`, { to: 'mount-for-machine' });
}

/** Others who may enter must also get there, and should find only what is meant for them. */
function warnOfOthers(context: Context, layout: ProfileLayout, { engine, mountDir }: Vault): void {
  if (!engine.checksModes) {
    const what =
      'every user of this machine can read and change all of it, whatever the modes of its files say';
    context.warn(`${nameOf(layout)} is mounted by ${engine.name} for others, too: ${what}`, {
      to: 'mount-for-owner-alone',
    });
  }
  const path = closedWayTo(mountDir);
  if (path === undefined) return;
  context.warn(
    `${nameOf(layout)}: others can't reach ${mountDir}, because ${path} lets nobody else through`,
    {
      to: 'let-others-through',
      path,
    },
  );
}

function warnOfMode(context: Context, layout: ProfileLayout, wanted: MountOptions, readOnly: boolean): void {
  if (wanted.readOnly === readOnly) return;
  context.warn(
    `${nameOf(layout)} is already mounted ${readOnly ? 'to read only' : 'to read and write'}: unmount it first to change that`,
  );
}
