/**
 * The state of profiles, read from the kernel's mount table, the tree and, when asked, the remote. The table is a file;
 * only a vault that it lists costs a process, which asks whether its daemon still answers.
 */

import type { ProfileLayout } from '../clients/layout.ts';
import { type LastRun, readLastSync } from '../clients/ledger.ts';
import type { Profile } from '../clients/profile.ts';
import { readProfileIfPresent } from '../clients/profile-store.ts';
import { controlFiles } from '../remotes/control-files.ts';
import { readRcloneConf, remoteType } from '../remotes/rclone-conf.ts';
import { type CryptosyncError, type ErrorReport, toCryptosyncError } from '../system/errors.ts';
import { type MountEntry, type MountState, readMountTable } from '../vaults/mount-table.ts';
import { stateOfVault } from '../vaults/vault.ts';
import { inspectEncryptedDirectory } from '../vaults/vault-directory.ts';
import type { Context } from './context.ts';
import { remoteOf, vaultOf } from './vault-of.ts';

export type Health = 'healthy' | 'warning' | 'unmounted' | 'needs setup' | 'error';

export interface VaultStatus {
  readonly client: string;
  readonly profile: string;
  readonly engine: string | null;
  readonly state: 'mounted' | 'unmounted' | 'stale' | 'foreign' | 'unknown';
  readonly health: Health;
  /** Why it is not healthy, for people. */
  readonly notes: readonly string[];
  readonly mountDir: string | null;
  readonly encryptedDir: string | null;
  readonly remote: {
    readonly name: string;
    readonly type: string | null;
    readonly path: string;
    /** Null when it was not asked. */
    readonly reachable: boolean | null;
  } | null;
  readonly lastSync: LastRun | null;
  readonly lastSuccess: string | null;
  readonly error?: ErrorReport;
}

export interface StatusRequest {
  readonly layouts: readonly ProfileLayout[];
  readonly checkRemote: boolean;
}

/** The status of each profile. What is wrong with one is told in its row and stops no other. */
export async function readStatus(context: Context, request: StatusRequest): Promise<VaultStatus[]> {
  const table = readMountTable();
  const statuses: VaultStatus[] = [];
  for (const layout of request.layouts)
    statuses.push(await statusOf(context, layout, table, request.checkRemote));
  return statuses;
}

async function statusOf(
  context: Context,
  layout: ProfileLayout,
  table: readonly MountEntry[],
  checkRemote: boolean,
): Promise<VaultStatus> {
  const base = { client: layout.client, profile: layout.profile };
  try {
    const profile = readProfileIfPresent(layout);
    if (profile === undefined) return needsSetup(layout);
    const vault = vaultOf(layout, profile, table);
    const { engine, encryptedDir, mountDir } = vault;
    const state = await stateOfVault(vault, table);
    const content = inspectEncryptedDirectory(engine, encryptedDir);
    const remote = await remoteStatus(context, layout, profile, checkRemote);
    const runs = readLastSync(layout.ledger);
    const findings = judge(state, content.kind, vault.vaultId !== undefined, runs.lastSync, remote);
    return {
      ...base,
      engine: engine.name,
      state: state.kind === 'unreadable' ? 'foreign' : state.kind,
      ...findings,
      mountDir,
      encryptedDir,
      remote: remote?.status ?? null,
      ...runs,
    };
  } catch (thrown) {
    const error = toCryptosyncError(thrown);
    return { ...nothingKnown(base, 'error', [error.message]), error: error.toReport() };
  }
}

function nothingKnown(
  base: { client: string; profile: string },
  health: Health,
  notes: readonly string[],
): VaultStatus {
  return {
    ...base,
    engine: null,
    state: 'unknown',
    health,
    notes,
    mountDir: null,
    encryptedDir: null,
    remote: null,
    lastSync: null,
    lastSuccess: null,
  };
}

function needsSetup(layout: ProfileLayout): VaultStatus {
  const name = `--client ${layout.client}${layout.profile === 'default' ? '' : ` --profile ${layout.profile}`}`;
  return nothingKnown({ client: layout.client, profile: layout.profile }, 'needs setup', [
    `no profile yet: cryptosync install ${name}`,
  ]);
}

interface RemoteFinding {
  readonly status: NonNullable<VaultStatus['remote']>;
  readonly error?: CryptosyncError;
}

async function remoteStatus(
  context: Context,
  layout: ProfileLayout,
  profile: Profile,
  checkRemote: boolean,
): Promise<RemoteFinding | undefined> {
  if (profile.remote === undefined) return undefined;
  const { name, path } = profile.remote;
  let type: string | null = null;
  try {
    type = remoteType(readRcloneConf(layout.rcloneConfig), name) ?? null;
    if (!checkRemote) return { status: { name, type, path, reachable: null } };
    await controlFiles(remoteOf(layout, profile), context).list('');
    return { status: { name, type, path, reachable: true } };
  } catch (thrown) {
    const reachable = checkRemote ? false : null;
    return { status: { name, type, path, reachable }, error: toCryptosyncError(thrown) };
  }
}

function judge(
  state: MountState,
  content: 'missing' | 'empty' | 'vault' | 'other',
  wasSetUp: boolean,
  lastSync: LastRun | null,
  remote: RemoteFinding | undefined,
): { health: Health; notes: string[] } {
  const errors: string[] = [];
  const warnings: string[] = [];
  if (state.kind === 'stale') errors.push('the mount is dead: mount it again');
  if (state.kind === 'foreign' || state.kind === 'unreadable') errors.push(state.reason);
  if (content === 'other') errors.push('the encrypted directory holds no vault');
  if (remote?.error !== undefined) errors.push(remote.error.message);
  if (lastSync?.outcome === 'failed' || lastSync?.outcome === 'refused') {
    warnings.push(
      `the last sync was ${lastSync.outcome === 'failed' ? 'a failure' : 'refused'}: ${lastSync.error ?? ''}`,
    );
  }
  if (lastSync?.outcome === 'unfinished') warnings.push('the last sync did not finish, or is running');
  if (lastSync?.outcome === 'interrupted') warnings.push('the last sync was interrupted');
  const notes = [...errors, ...warnings];
  if (content === 'missing' || content === 'empty') {
    const isNew = state.kind === 'unmounted' && !wasSetUp;
    const what = isNew ? 'there is no vault yet' : 'the vault is gone: is its disk mounted?';
    return { health: isNew ? 'needs setup' : 'error', notes: [what, ...notes] };
  }
  if (errors.length > 0) return { health: 'error', notes };
  if (warnings.length > 0) return { health: 'warning', notes };
  return { health: state.kind === 'mounted' ? 'healthy' : 'unmounted', notes };
}
