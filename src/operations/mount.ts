/** Mounting the vault of a profile. */
import { randomUUID } from 'node:crypto';
import { type ProfileLayout, vaultLock } from '../clients/layout.ts';
import { withLock } from '../clients/lock.ts';
import type { Profile } from '../clients/profile.ts';
import { readProfile, writeProfile } from '../clients/profile-store.ts';
import type { Secret } from '../secrets/secret.ts';
import type { MountOptions } from '../vaults/engine.ts';
import { mountVault, stateOfVault, type Vault, verifyInitialised } from '../vaults/mounting.ts';
import type { Around, Context, PasswordProvider } from './context.ts';
import { nameOf, recorded } from './recorded.ts';
import { mountOptionsOf, vaultOf } from './vault-of.ts';

export interface MountRequest {
  readonly layout: ProfileLayout;
  readonly options: Partial<MountOptions>;
  readonly password: PasswordProvider;
  /** Milliseconds to wait for the vault's lock. */
  readonly wait: number;
  readonly around?: Around | undefined;
}

export interface MountResult {
  readonly state: 'mounted';
  readonly mountDir: string;
  /** False when it was mounted already. */
  readonly changed: boolean;
  readonly readOnly: boolean;
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
  const password = await request.password(layout, profile);
  try {
    return await recorded(
      context,
      layout,
      'mount',
      () => around(() => mountLocked(context, request, { profile, vault, options, password })),
      () => ({ outcome: 'mounted' }),
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
  { layout, wait }: MountRequest,
  { profile, vault, options, password }: PreparedMount,
): Promise<MountResult> {
  const lock = {
    path: vaultLock(layout, vault.encryptedDir),
    subject: `the vault of ${nameOf(layout)}`,
    purpose: 'mount',
    wait,
  };
  return await withLock(lock, context, async () => {
    const outcome = await mountVault(vault, password, options, randomUUID(), context);
    if (profile.vaultId === undefined && outcome.vaultId !== undefined) {
      await writeProfile(layout, { ...profile, vaultId: outcome.vaultId });
    }
    warnOfMode(context, layout, options, outcome.readOnly);
    return {
      state: 'mounted',
      mountDir: vault.mountDir,
      changed: outcome.changed,
      readOnly: outcome.readOnly,
    };
  });
}

function warnOfMode(context: Context, layout: ProfileLayout, wanted: MountOptions, readOnly: boolean): void {
  if (wanted.readOnly === readOnly) return;
  context.warn(
    `${nameOf(layout)} is already mounted ${readOnly ? 'to read only' : 'to read and write'}: unmount it first to change that`,
  );
}
