/**
 * The state of profiles, read from the kernel's mount table, the tree and, when asked, the remote. The table is a file;
 * only a vault that it lists costs a process, which asks whether its daemon still answers.
 */

import { dirname } from 'node:path';
import { syncLocks } from '../../clients/held-locks.ts';
import { verifyClientReachable } from '../../clients/home/reachable.ts';
import { checkFiles, type ProfileLayout, profileLayout, recordFile } from '../../clients/layout.ts';
import { parseClientId, parseProfileName } from '../../clients/names.ts';
import type { Profile } from '../../clients/profile.ts';
import { readProfileIfPresent } from '../../clients/profile-store.ts';
import { type RcloneConf, readRcloneConf, remoteType } from '../../remotes/configuration.ts';
import type { LastRun } from '../../runs/last-sync.ts';
import { type CryptosyncError, toCryptosyncError } from '../../system/errors.ts';
import type { TrustedTree } from '../../system/paths/trusted-tree.ts';
import { whySick } from '../../system/stores/stores.ts';
import type { MountEntry, MountState } from '../../vaults/mounts/mount-table.ts';
import { findDaemonsElsewhere, type Started } from '../../vaults/mounts/processes.ts';
import { stateOfVault } from '../../vaults/vault.ts';
import { inspectEncryptedDirectory } from '../../vaults/vault-directory.ts';
import type { Context } from '../context.ts';
import { syncHistoryOf } from '../places.ts';
import { remoteOf, vaultOf } from '../vault-of.ts';
import { type LastCheck, readLastCheck } from '../verify/last-check.ts';
import type { KeptFleet, Look } from './kept/kept-fleet.ts';
import { sourcesOf } from './kept/sources.ts';
import { type MachineFacts, readMachine } from './machine.ts';
import { ageOf } from './overdue.ts';
import type { Health, VaultStatus } from './vault-status.ts';

export type { Health, VaultStatus } from './vault-status.ts';

export interface StatusRequest {
  readonly layouts: readonly ProfileLayout[];
  readonly checkRemote: boolean;
  /** Milliseconds that a last success may be old. */
  readonly maxAge?: number | undefined;
  /** Counts what waits to be sent, which looks at every file. */
  readonly changes?: boolean | undefined;
  /** The mount table that the profiles were found with; default: as it is now. */
  readonly table?: readonly MountEntry[] | undefined;
  /** What is told again of others, and where what is looked at is kept. */
  readonly kept?: KeptFleet | undefined;
}

export interface StatusDocument {
  readonly vaults: readonly VaultStatus[];
}

/** The status of each profile. What is wrong with one is told in its row and stops no other. */
export async function readStatus(context: Context, request: StatusRequest): Promise<StatusDocument> {
  const machine = readMachine(request.table);
  const { kept } = request;
  try {
    const { again, doubted } = toldAgain(context, machine, kept);
    const vaults = again.map((status) => ({ ...status, ...agedBy(context, status, request) }));
    const looks: Look[] = [];
    for (const layout of [...request.layouts, ...doubted]) {
      const look = await lookAt(context, layout, machine, request);
      looks.push(look);
      vaults.push({ ...look.status, ...(await askedOf(context, look, request)) });
    }
    kept?.keep(looks);
    // each client's profiles stand in their order already
    if (kept !== undefined) vaults.sort((a, b) => (a.client < b.client ? -1 : Number(a.client > b.client)));
    return { vaults };
  } finally {
    machine.close();
  }
}

/** What is told again, and the profiles of clients of which one is mounted where this process does not see it. */
function toldAgain(
  { root }: Context,
  { elsewhere }: MachineFacts,
  kept: KeptFleet | undefined,
): { again: readonly VaultStatus[]; doubted: readonly ProfileLayout[] } {
  const clients = [...(kept?.rows.values() ?? [])];
  const isHidden = ({ engine, encryptedDir }: VaultStatus): boolean =>
    hiddenMount(engine ?? '', encryptedDir ?? '', elsewhere()).length > 0;
  const isDoubted = new Set(clients.filter((rows) => rows.some(isHidden)));
  const doubted = [...isDoubted]
    .flat()
    .map(({ client, profile }) => profileLayout(root, parseClientId(client), parseProfileName(profile)));
  return { again: clients.filter((rows) => !isDoubted.has(rows)).flat(), doubted };
}

/** What is not told of every vault. */
async function askedOf(
  context: Context,
  { layout, status }: Look,
  request: StatusRequest,
): Promise<Pick<VaultStatus, 'age' | 'waiting'>> {
  const aged = agedBy(context, status, request);
  if (request.changes !== true) return aged;
  // it needs much of what a sync needs
  const { waitingOf } = await import('./waiting.ts');
  return { ...aged, waiting: await waitingOf(context, layout, status) };
}

function agedBy(
  { clock }: Context,
  status: VaultStatus,
  { maxAge }: StatusRequest,
): Pick<VaultStatus, 'age'> {
  return maxAge === undefined ? {} : { age: ageOf(status, maxAge, clock.now()) };
}

/** That the vault is mounted where this process does not see it. */
function hiddenMount(engine: string, encryptedDir: string, elsewhere: readonly Started[]): string[] {
  return findDaemonsElsewhere(engine, encryptedDir, elsewhere).map(
    ({ pid }) => `it is mounted in another mount namespace, by pid ${pid}`,
  );
}

async function lookAt(
  context: Context,
  layout: ProfileLayout,
  machine: MachineFacts,
  { checkRemote }: StatusRequest,
): Promise<Look> {
  const { client, profile } = layout;
  try {
    verifyClientReachable(layout, machine.table);
    return { layout, ...(await lookWithin(context, layout, machine, checkRemote)) };
  } catch (thrown) {
    const error = toCryptosyncError(thrown);
    return { layout, status: { ...nothingKnown({ client, profile }, 'error', [error.message]), error } };
  }
}

/** @throws what stops the profile from being looked at */
async function lookWithin(
  context: Context,
  layout: ProfileLayout,
  machine: MachineFacts,
  checkRemote: boolean,
): Promise<Omit<Look, 'layout'>> {
  const { table, elsewhere, heldAfter } = machine;
  const from = machine.treeOf(dirname(layout.directory));
  const profile = readProfileIfPresent(layout, from);
  if (profile === undefined) return { status: needsSetup(layout) };
  const vault = vaultOf(layout, profile, table);
  const { engine, encryptedDir, mountDir } = vault;
  const state = await stateOfVault(vault, table);
  const sick = whySick(encryptedDir, table);
  const hidden =
    state.kind !== 'unmounted' || sick !== undefined
      ? []
      : hiddenMount(engine.name, encryptedDir, elsewhere());
  const content = sick === undefined ? inspectEncryptedDirectory(engine, encryptedDir, table).kind : 'sick';
  const remote = await remoteStatus(context, layout, profile, { checkRemote, from });
  const { lastEnded, ...runs } = syncHistoryOf(layout, profile, remote?.conf, from);
  // a sync that has not ended holds its lock, or was killed
  const isSyncing = ({ at }: LastRun): boolean =>
    syncLocks(layout, profile, encryptedDir).some((path) => heldAfter(at).has(path));
  const isAtWork = runs.lastSync?.outcome === 'unfinished' && isSyncing(runs.lastSync);
  const lastSync = noteOf(isAtWork ? lastEnded : runs.lastSync);
  const checks = runs.places.map(
    ({ remote: place, source }) => checkFiles(recordFile(layout, place, source ?? undefined)).last,
  );
  const lastVerification = lastCheckIn(checks);
  const findings = judge(state, content, {
    sick,
    hidden,
    wasSetUp: vault.vaultId !== undefined,
    lastSync,
    lastVerification,
    remote,
  });
  const status: VaultStatus = {
    client: layout.client,
    profile: layout.profile,
    engine: engine.name,
    state: state.kind === 'unreadable' ? 'foreign' : state.kind,
    ...findings,
    notes: [...findings.notes, ...engine.weaknessesOf(profile.madeWith ?? [])],
    mountDir,
    encryptedDir,
    remote: remote?.status ?? null,
    ...runs,
    lastVerification,
  };
  const remoteType = remote?.status.type ?? null;
  return { status, sources: sourcesOf(layout, { profile, vault, remoteType, checks, table }) };
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
    lastElsewhere: null,
    places: [],
    lastVerification: null,
  };
}

function needsSetup(layout: ProfileLayout): VaultStatus {
  const { client, profile } = layout;
  const known = nothingKnown({ client, profile }, 'needs setup', ['no profile yet']);
  return { ...known, advice: { to: 'install-profile', client, profile } };
}

/** What is not there, as a row. */
export function statusOfMissing({ client, profile }: ProfileLayout, error: CryptosyncError): VaultStatus {
  return { ...nothingKnown({ client, profile }, 'error', [error.message]), error };
}

interface RemoteFinding {
  readonly status: NonNullable<VaultStatus['remote']>;
  /** Read once for all; undefined when it is broken. */
  readonly conf?: RcloneConf | undefined;
  readonly error?: CryptosyncError;
}

async function remoteStatus(
  context: Context,
  layout: ProfileLayout,
  profile: Profile,
  { checkRemote, from }: { checkRemote: boolean; from: TrustedTree | undefined },
): Promise<RemoteFinding | undefined> {
  if (profile.remote === undefined) return undefined;
  const { name, path } = profile.remote;
  let type: string | null = null;
  let conf: RcloneConf | undefined;
  try {
    conf = readRcloneConf(layout.rcloneConfig, layout.directory, from);
    type = remoteType(conf, name) ?? null;
    if (!checkRemote) return { status: { name, type, path, reachable: null }, conf };
    const { inPlace } = await import('../../remotes/open-place.ts');
    await inPlace(remoteOf(layout, profile), context, (place) => place.names(''));
    return { status: { name, type, path, reachable: true }, conf };
  } catch (thrown) {
    const reachable = checkRemote ? false : null;
    return { status: { name, type, path, reachable }, conf, error: toCryptosyncError(thrown) };
  }
}

/** What is to be said of a sync that is not at work; undefined when it is in order. */
function noteOf(run: LastRun | null): string | undefined {
  if (run === null) return undefined;
  const { outcome, error, remote } = run;
  const which = remote === undefined ? 'the last sync' : `the last sync with ${remote}`;
  const why = error === undefined ? '' : `: ${error}`;
  switch (outcome) {
    case 'failed':
      return `${which} was a failure${why}`;
    case 'refused':
      return `${which} was refused${why}`;
    case 'interrupted':
      return `${which} was interrupted`;
    case 'unfinished':
      return `${which} did not finish`;
    default:
      return undefined;
  }
}

/** Of the profile's places, as the last checks of them have it: the worst, and of equal ones the oldest. */
function lastCheckIn(files: readonly string[]): LastCheck | null {
  const checks = files.flatMap((file) => readLastCheck(file) ?? []);
  const ranking: readonly LastCheck['outcome'][] = ['damaged', 'unchecked', 'verified'];
  const rank = ({ outcome }: LastCheck): number => ranking.indexOf(outcome);
  checks.sort((a, b) => rank(a) - rank(b) || a.at.localeCompare(b.at));
  return checks[0] ?? null;
}

function damageIn(check: LastCheck): string {
  const { damaged, generation, at } = check;
  const which = generation === null ? '' : ` of generation ${generation}`;
  return `the last check of ${placeIn(check)} (${at}) found ${damaged === 1 ? '1 damaged file' : `${damaged} damaged files`}${which}`;
}

function placeIn({ remote }: LastCheck): string {
  return remote ?? 'the remote';
}

interface JudgedFacts {
  /** Why the encrypted directory can't be looked at. */
  readonly sick: string | undefined;
  /** Where else it is mounted. */
  readonly hidden: readonly string[];
  readonly wasSetUp: boolean;
  /** What is wrong with it. */
  readonly lastSync: string | undefined;
  readonly lastVerification: LastCheck | null;
  readonly remote: RemoteFinding | undefined;
}

function judge(
  state: MountState,
  content: 'missing' | 'empty' | 'vault' | 'other' | 'sick',
  { sick, hidden, wasSetUp, lastSync, lastVerification, remote }: JudgedFacts,
): { health: Health; notes: string[] } {
  const errors: string[] = [];
  const warnings = [...hidden, ...(lastSync === undefined ? [] : [lastSync])];
  if (state.kind === 'stale') errors.push('the mount is dead: mount it again');
  if (state.kind === 'foreign' || state.kind === 'unreadable') errors.push(state.reason);
  if (sick !== undefined) errors.push(`the encrypted directory can't be used: ${sick}`);
  if (content === 'other') errors.push('the encrypted directory holds no vault');
  if (remote?.error !== undefined) errors.push(remote.error.message);
  if (lastVerification?.outcome === 'damaged') errors.push(damageIn(lastVerification));
  if (lastVerification?.outcome === 'unchecked')
    warnings.push(`${placeIn(lastVerification)} could not be checked at ${lastVerification.at}`);
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
