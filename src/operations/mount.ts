/** Mounting the vault of a profile. */
import { randomUUID } from 'node:crypto';
import { engineStateDirectory, type ProfileLayout } from '../clients/layout.ts';
import { withLock } from '../clients/lock.ts';
import type { Profile } from '../clients/profile.ts';
import { readProfile, writeProfile } from '../clients/profile-store.ts';
import type { Secret } from '../secrets/secret.ts';
import { verifyTools } from '../system/dependencies.ts';
import type { MountOptions } from '../vaults/engine.ts';
import { mountVault, stateOfVault, type Vault, verifyInitialised } from '../vaults/mounting.ts';
import { clearLeftProof } from '../vaults/password-change.ts';
import type { Around, Context, PasswordProvider } from './context.ts';
import { configLockRequest, vaultLockRequest } from './locks.ts';
import { nameOf, recorded } from './recorded.ts';
import { mountOptionsOf, vaultOf } from './vault-of.ts';

export interface MountRequest {
  readonly layout: ProfileLayout;
  readonly options: Partial<MountOptions>;
  readonly password: PasswordProvider;
  /** Milliseconds to wait for the vault's lock. */
  readonly wait: number;
  /**
   * Takes an older or changed copy of the vault for the right one: what the engine remembers of it on this machine is
   * moved aside (TOOLS.md C6).
   */
  readonly acceptRollback?: boolean;
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
  const { layout, around = (work) => work() } = request;
  const profile = readProfile(layout);
  const vault = vaultOf(layout, profile);
  const options = mountOptionsOf(profile, request.options);
  if ((await stateOfVault(vault)).kind === 'mounted' && vault.vaultId !== undefined) {
    const { readOnly } = await mountVault(vault, undefined, options, vault.vaultId, context);
    warnOfMode(context, layout, options, readOnly);
    return { state: 'mounted', mountDir: vault.mountDir, changed: false, readOnly };
  }
  verifyInitialised(vault.engine, vault.encryptedDir);
  verifyTools([...vault.engine.tools, 'flock'], context.environment);
  const password = await request.password(layout, profile);
  try {
    return await recorded(
      context,
      layout,
      'mount',
      () => around(() => mountLocked(context, request, { profile, vault, options, password })),
      ({ formerState }) => ({
        outcome: 'mounted',
        ...(formerState && { facts: { acceptedRollback: formerState } }),
      }),
    );
  } finally {
    password.wipe();
  }
}

interface PreparedMount {
  readonly profile: Profile;
  readonly vault: Vault;
  readonly options: MountOptions;
  readonly password: Secret;
}

async function mountLocked(
  context: Context,
  { layout, wait, acceptRollback }: MountRequest,
  { profile, vault, options, password }: PreparedMount,
): Promise<MountResult> {
  const lock = vaultLockRequest(layout, vault.encryptedDir, 'mount', wait);
  return await withLock(lock, context, async () => {
    await clearLeftProof(vault, engineStateDirectory(layout), context);
    const formerState = acceptRollback ? await forgetState(context, layout, vault) : undefined;
    const outcome = await mountVault(vault, password, options, randomUUID(), context);
    if (profile.vaultId === undefined && outcome.vaultId !== undefined) {
      await rememberVaultId(context, layout, outcome.vaultId);
    }
    warnOfMode(context, layout, options, outcome.readOnly);
    return {
      state: 'mounted',
      mountDir: vault.mountDir,
      changed: outcome.changed,
      readOnly: outcome.readOnly,
      ...(formerState === undefined ? {} : { formerState }),
    };
  });
}

/** Whoever changes the profile at the same time holds its lock for an instant only. */
const profileWait = 10_000;

/** Writes the id that a vault was found to have, or given, into its profile as that stands now. */
async function rememberVaultId(context: Context, layout: ProfileLayout, vaultId: string): Promise<void> {
  const lock = configLockRequest(layout, 'mount', profileWait);
  await withLock(lock, context, async () => {
    await writeProfile(layout, { ...readProfile(layout), vaultId });
  });
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

function warnOfMode(context: Context, layout: ProfileLayout, wanted: MountOptions, readOnly: boolean): void {
  if (wanted.readOnly === readOnly) return;
  context.warn(
    `${nameOf(layout)} is already mounted ${readOnly ? 'to read only' : 'to read and write'}: unmount it first to change that`,
  );
}
