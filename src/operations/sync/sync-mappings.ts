/**
 * The mappings of a profile, one after the other. Each is decided when its locks are held: by the profile, the
 * rclone.conf and the mounts as they are then, and with a key and a password that were asked for before.
 */

import { nameOf } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { readProfile } from '../../clients/profile-store.ts';
import type { CryptKey } from '../../remotes/crypt.ts';
import { rclonePath } from '../../remotes/remote.ts';
import type { Secret } from '../../secrets/secret.ts';
import { planned, type SyncResult, successful, unsuccessful } from '../../sync/result.ts';
import { verifyTools } from '../../system/dependencies.ts';
import { CryptosyncError, toCryptosyncError } from '../../system/errors.ts';
import { type MountEntry, readMountTable } from '../../vaults/mounts/mount-table.ts';
import type { Context } from '../context.ts';
import { mountProfile } from '../mount.ts';
import { placeOfMapping } from '../places.ts';
import { underLocksAfterAsking } from '../under-locks.ts';
import { passwordSourceOf } from '../vault-of.ts';
import { verifyNothingInTheClear } from './kept-out.ts';
import { type KeyRing, keyRing } from './key-ring.ts';
import { type Mapping, mappingsOf } from './mapping.ts';
import { verifyNeighbours, verifyNoVaultMountedIn } from './neighbour-mounts.ts';
import { planStillness, type Stillness, type StillnessPlan } from './still-vault.ts';
import type { Attempt } from './sync-record.ts';
import type { SyncRequest } from './sync-request.ts';
import { mappingLocks, planMapping, runMapping } from './sync-run.ts';

/** Syncs all mappings, whatever becomes of one of them. */
export async function syncMappings(context: Context, request: SyncRequest): Promise<Attempt[]> {
  const keys = keyRing(request);
  const done = new Set<string>();
  const attempts: Attempt[] = [];
  try {
    for (let isLast = false; !isLast && !context.signal?.aborted; ) {
      const turn = await syncNext(context, request, keys, done);
      if (turn.attempt !== undefined) attempts.push(turn.attempt);
      isLast = turn.isLast;
    }
    return attempts;
  } finally {
    keys.wipe();
  }
}

/** What is seen of the mapping whose turn it is. */
interface Turn {
  readonly profile: Profile;
  readonly mapping: Mapping;
  readonly stillness: StillnessPlan;
}

interface Answers {
  readonly key: CryptKey | undefined;
  readonly password: Secret | undefined;
}

/** @param done the mappings that had their turn; the one that has it now is added. */
async function syncNext(
  context: Context,
  request: SyncRequest,
  keys: KeyRing,
  done: Set<string>,
): Promise<{ readonly attempt: Attempt | undefined; readonly isLast: boolean }> {
  const { layout, direction, mode, wait, around } = request;
  const start = context.clock.now().getTime();
  const took = (): number => context.clock.now().getTime() - start;
  let next: NextMapping | undefined;
  let unopened: Unopened | undefined;
  const mayAskAgain = (): boolean => request.password.mayAskAgain?.(layout) === true;
  const headingNow = (): Parameters<typeof unsuccessful>[0] =>
    next === undefined
      ? { source: null, remote: null, direction: direction ?? 'upload', mode: mode ?? 'sync' }
      : headingOf(next.mapping);
  let result: SyncResult;
  try {
    result = await underLocksAfterAsking<Turn, Answers, SyncResult>(
      context,
      { wait, around: request.dryRun ? undefined : around },
      {
        async look() {
          // one look at one moment: what is mounted is asked once for all of it
          const table = readMountTable();
          const profile = readProfile(layout, table);
          next = nextMapping(context, request, { profile, table }, done);
          const { mapping } = next;
          verifyNeighbours(layout, profile, { neighbourhood: request.neighbourhood, table });
          verifyNoVaultMountedIn(mapping.source.directory, table);
          verifyNothingInTheClear(context, layout, profile, mapping);
          const stillness = request.dryRun ? asIs : await planStillness(request, profile, mapping);
          return { profile, mapping, stillness };
        },
        locks: ({ mapping }) => mappingLocks(layout, mapping),
        async ask({ profile, mapping, stillness }) {
          const key = mapping.crypt === undefined ? undefined : await keys.keyFor(profile);
          const isNeeded = stillness.kind === 'remount';
          return { key, password: isNeeded ? await request.password(layout, profile) : undefined };
        },
        question: questionOf,
        forget: ({ password }) => password?.wipe(),
        act: (turn, answers) =>
          syncMapping(context, request, turn, {
            answers,
            took,
            onWrongPassword: mayAskAgain() ? (readOnly) => (unopened = { readOnly }) : undefined,
          }),
      },
    );
  } catch (thrown) {
    if (thrown instanceof NothingLeft) return { attempt: undefined, isLast: true };
    result = unsuccessful(headingNow(), toCryptosyncError(thrown), took());
  }
  if (unopened !== undefined) result = await mountedAfter(context, request, unopened, result);
  if (next !== undefined) done.add(next.name);
  const place = next === undefined ? undefined : placeOfMapping(next.mapping);
  return { attempt: { place, result }, isLast: next === undefined || next.isLast };
}

/** A vault that was unmounted for the sync, and not mounted again because its password was mistyped. */
interface Unopened {
  readonly readOnly: boolean | undefined;
}

/**
 * Asks for the password again when all is done and nothing is drawn any more. The sync's own failure comes first.
 * @returns the sync's result, or that the vault could not be mounted again.
 */
async function mountedAfter(
  context: Context,
  request: SyncRequest,
  { readOnly }: Unopened,
  result: SyncResult,
): Promise<SyncResult> {
  const { layout, password, wait, around } = request;
  const options = readOnly === undefined ? {} : { readOnly };
  for (;;) {
    context.warn(`${nameOf(layout)}: that is not its password, and it is unmounted. Once more.`);
    try {
      await mountProfile(context, { layout, options, password, wait, around });
      return result;
    } catch (thrown) {
      const error = toCryptosyncError(thrown);
      if (error.code === 'WRONG_PASSWORD' && password.mayAskAgain?.(layout) === true) continue;
      return result.error === undefined ? unsuccessful(result, error, result.durationMs) : result;
    }
  }
}

const asIs: StillnessPlan = { kind: 'as-is' };

/** What the key and the password were asked for. */
function questionOf({ profile, mapping, stillness }: Turn): unknown {
  const { crypt, vault } = mapping;
  const { encryptionKeyCommand, encryptionSaltCommand } = profile;
  return {
    key: crypt !== undefined && [encryptionKeyCommand, encryptionSaltCommand],
    password: stillness.kind === 'remount' && [vault.encryptedDir, ...passwordSourceOf(profile)],
  };
}

interface NextMapping {
  readonly mapping: Mapping;
  /** The same for one source while the profile changes. */
  readonly name: string;
  readonly isLast: boolean;
}

/** The first mapping that had no turn yet. @throws CONFIG_INVALID, REMOTE_NOT_CONFIGURED, USAGE, TOOL_MISSING */
function nextMapping(
  context: Context,
  request: SyncRequest,
  { profile, table }: { readonly profile: Profile; readonly table: readonly MountEntry[] },
  done: ReadonlySet<string>,
): NextMapping {
  const { layout, remotePath, direction, mode } = request;
  const mappings = mappingsOf(layout, profile, { remotePath, direction, mode }, table);
  verifyResync(request, mappings);
  verifyTools(['rclone', 'flock'], context.environment);
  const waiting = named(mappings).filter(({ name }) => !done.has(name));
  const [first] = waiting;
  if (first !== undefined) return { ...first, isLast: waiting.length === 1 };
  throw new NothingLeft();
}

/** The mapping that was to come next was taken out of the profile meanwhile. */
class NothingLeft extends Error {}

/** Two mappings of one source are told by their order. */
function named(mappings: readonly Mapping[]): Omit<NextMapping, 'isLast'>[] {
  return mappings.map((mapping, index) => {
    const { configuredSource } = mapping;
    const before = mappings.slice(0, index).filter((other) => other.configuredSource === configuredSource);
    return { mapping, name: JSON.stringify([configuredSource ?? null, before.length]) };
  });
}

/** @throws USAGE for a choice that would be passed over in silence */
function verifyResync({ resync }: SyncRequest, mappings: readonly Mapping[]): void {
  if (resync === undefined || mappings.some(({ direction }) => direction === 'bidirectional')) return;
  throw new CryptosyncError('USAGE', 'a resync is for bidirectional syncs, and this profile has none', {
    advice: { to: 'name-both-ways' },
  });
}

function headingOf({ source, direction, mode, raw }: Mapping): Parameters<typeof successful>[0] {
  return { source: source.directory, remote: rclonePath(raw), direction, mode };
}

interface Acting {
  readonly answers: Answers;
  readonly took: () => number;
  readonly onWrongPassword: ((readOnly: boolean | undefined) => void) | undefined;
}

async function syncMapping(
  context: Context,
  request: SyncRequest,
  turn: Turn,
  { answers, took, onWrongPassword }: Acting,
): Promise<SyncResult> {
  const { key, password } = answers;
  const heading = headingOf(turn.mapping);
  if (request.dryRun) return planned(heading, await planMapping(context, request, turn, key), took());
  const stillness = { ...stillnessOf(turn.stillness, password), onWrongPassword };
  return successful(heading, await runMapping(context, request, turn, { key, stillness }), took());
}

/** The plan with the password that was asked for it. */
export function stillnessOf(plan: StillnessPlan, password: Secret | undefined): Stillness {
  if (plan.kind === 'as-is' || password === undefined) return { kind: 'as-is' };
  return { ...plan, password };
}
