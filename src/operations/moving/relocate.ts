/**
 * Making a tree that was copied or moved here, by whatever program, one of this place: its profiles, scripts and
 * summary name this root. Nothing is done where it came from.
 */

import { listProfiles } from '../../clients/discovery.ts';
import { formerHome } from '../../clients/home/copied-tree.ts';
import { verifyNotMisplaced } from '../../clients/home/misplaced-tree.ts';
import { verifyClientReachable } from '../../clients/home/reachable.ts';
import { clientLayout, fileMode, type ProfileLayout, profileLayout } from '../../clients/layout.ts';
import { machineFile } from '../../clients/machine.ts';
import { type ClientId, defaultProfile } from '../../clients/names.ts';
import type { Profile } from '../../clients/profile.ts';
import { readProfile, readProfileAsWritten, writeProfile } from '../../clients/profile-store.ts';
import { linkPaths, type Program, writeScripts } from '../../clients/scripts.ts';
import { recordedLinks } from '../../clients/summary.ts';
import { logged } from '../../runs/recorded.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { isDirectory, writeFileAtomic } from '../../system/files.ts';
import { removeFile } from '../../system/paths/removal.ts';
import { readTrustedText } from '../../system/paths/trust.ts';
import { engineNamed } from '../../vaults/engines/engines.ts';
import { stateOfVault } from '../../vaults/mounting.ts';
import { inspectEncryptedDirectory } from '../../vaults/vault-directory.ts';
import { refreshSummary } from '../config/profile-change.ts';
import type { Around, Context } from '../context.ts';
import { verifyOwnTree } from '../install/checks.ts';
import { configLockRequest, vaultLockRequest } from '../locks.ts';
import { type Carried, carrySchedule } from '../schedule/carry.ts';
import { ownerOf } from '../schedule/owner.ts';
import { underLocks } from '../under-locks.ts';
import { vaultOf } from '../vault-of.ts';
import { adaptProfile, movedPath } from './adapt.ts';
import { linkUntaken, prepareMount } from './in-place.ts';

export interface RelocateRequest {
  readonly client: ClientId;
  /** Undefined makes no links. */
  readonly binDirectory: string | undefined;
  readonly program: Program;
  readonly wait: number;
  readonly around?: Around | undefined;
}

export interface RelocateResult {
  readonly client: string;
  readonly directory: string;
  /** Where it was set up; null when it names this place already. */
  readonly from: string | null;
  readonly profiles: readonly {
    readonly profile: string;
    readonly encryptedDir: string;
    readonly mountDir: string;
    /** Whether a vault lies there. */
    readonly hasVault: boolean;
    readonly schedule: Carried;
  }[];
  readonly notes: readonly string[];
}

interface Moving {
  readonly layout: ProfileLayout;
  readonly profile: Profile;
  /** Undefined for one that names this place. */
  readonly home: string | undefined;
  readonly notes: readonly string[];
}

/** @throws CLIENT_NOT_FOUND, CONFIG_INVALID, VAULT_MOUNTED when a vault of the tree is mounted; then nothing is changed */
export async function relocateClient(context: Context, request: RelocateRequest): Promise<RelocateResult> {
  const { client, wait, around } = request;
  const record = (run: () => Promise<RelocateResult>): Promise<RelocateResult> =>
    logged(context, { subject: client, operation: 'relocate' }, run, {
      describe: ({ directory, from }) => ({
        outcome: 'relocated',
        did: `${directory}, from ${from ?? 'here'}`,
      }),
    });
  return await underLocks<readonly Moving[], RelocateResult>(
    context,
    { wait, around, record },
    {
      look: () => lookAt(context, request),
      locks: (profiles) => [
        configLockRequest(clientLayout(context.root, client), 'relocate'),
        ...profiles.map(({ layout, profile }) =>
          vaultLockRequest(layout, vaultOf(layout, profile).encryptedDir, 'relocate'),
        ),
      ],
      act: (profiles) => settleHere(context, request, profiles),
    },
  );
}

async function lookAt(context: Context, { client }: RelocateRequest): Promise<readonly Moving[]> {
  const { root, userId } = context;
  const own = profileLayout(root, client, defaultProfile);
  verifyClientReachable(own);
  verifyOwnTree(own, userId);
  verifyNotMisplaced(root, own);
  const names = listProfiles(root, client);
  // a client that is not there says why
  if (names.length === 0) readProfile(own);
  const profiles = names.map((name) => lookAtOne(profileLayout(root, client, name)));
  for (const { layout, profile, home } of profiles)
    if (home !== undefined) await verifyUnmounted(layout, profile);
  return profiles;
}

function lookAtOne(layout: ProfileLayout): Moving {
  const written = readProfileAsWritten(layout) ?? readProfile(layout);
  const home = formerHome(layout, written);
  if (home === undefined) return { layout, profile: written, home, notes: [] };
  return { layout, home, ...adaptProfile(layout.profile, written, { from: home, to: layout.directory }) };
}

async function verifyUnmounted(layout: ProfileLayout, profile: Profile): Promise<void> {
  const state = await stateOfVault(vaultOf(layout, profile));
  if (state.kind === 'unmounted') return;
  throw new CryptosyncError('VAULT_MOUNTED', `something is mounted at ${profile.mountDir}`, {
    advice: { to: 'unmount-first' },
  });
}

/** The profiles last but for the summary: as long as they name the old place, the same command does it all again. */
async function settleHere(
  context: Context,
  { client, binDirectory, program }: RelocateRequest,
  profiles: readonly Moving[],
): Promise<RelocateResult> {
  const { directory, stateDirectory } = clientLayout(context.root, client);
  const homes = [...new Set(profiles.flatMap(({ home }) => (home === undefined ? [] : [home])))];
  const notes = profiles.flatMap((each) => each.notes);
  for (const home of homes.filter(isTree)) {
    // two trees must not take each other for themselves
    removeFile(machineFile(stateDirectory), directory);
    notes.push(`the tree in ${home} is still there: go on with one of the two, and take the other away`);
  }
  for (const { layout } of profiles) {
    writeScripts(layout, context.root, program);
    notes.push(...linkUntaken(layout, binDirectory));
  }
  const schedules = new Map<ProfileLayout, Carried>();
  for (const moving of profiles) {
    const { schedule, notes: said } = await carryAlong(context, moving, program);
    schedules.set(moving.layout, schedule);
    notes.push(...said);
  }
  for (const { layout, profile, home } of profiles) {
    if (home !== undefined) await writeAdapted(layout, profile);
    await prepareMount(context, profile);
  }
  for (const { layout } of profiles) refreshSummary(context, layout, linksOf(layout, binDirectory));
  return {
    client,
    directory,
    from: homes[0] ?? null,
    profiles: profiles.map(({ layout, profile: { engine, encryptedDir, mountDir } }) => ({
      profile: layout.profile,
      encryptedDir,
      mountDir,
      hasVault: inspectEncryptedDirectory(engineNamed(engine), encryptedDir).kind === 'vault',
      schedule: schedules.get(layout) ?? 'none',
    })),
    notes,
  };
}

function isTree(home: string): boolean {
  return isDirectory(`${home}/cryptosync/config`);
}

async function carryAlong(
  context: Context,
  { layout, profile, home }: Moving,
  program: Program,
): ReturnType<typeof carrySchedule> {
  if (home === undefined) return { schedule: 'none', notes: [] };
  const moved = (path: string): string => movedPath({ from: home, to: layout.directory }, path);
  const carrying = { from: home, isThere: isTree(home), moved, program };
  return await carrySchedule(context, ownerOf(context, layout, profile), carrying);
}

async function writeAdapted(layout: ProfileLayout, profile: Profile): Promise<void> {
  const old = readTrustedText(layout.profileFile, layout.directory);
  if (old !== undefined) writeFileAtomic(`${layout.profileFile}.bak`, old, fileMode, layout.directory);
  await writeProfile(layout, profile);
}

function linksOf(layout: ProfileLayout, binDirectory: string | undefined): string[] {
  return binDirectory === undefined
    ? recordedLinks(layout, layout.profile)
    : Object.values(linkPaths(layout, binDirectory));
}
