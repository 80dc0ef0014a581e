/**
 * Moving what a profile has on its remote to another key: the source is uploaded with the new key to a new path, read
 * back and compared, and only then the profile is switched. The old path stays until the operator removes it.
 */
import type { ProfileLayout } from '../../clients/layout.ts';
import { nameOf } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { type CryptKey, type CryptSettings, wipeKey } from '../../remotes/crypt.ts';
import { rclonePath } from '../../remotes/remote.ts';
import { recorded } from '../../runs/recorded.ts';
import type { Secret } from '../../secrets/secret.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { changeProfile } from '../config/profile-change.ts';
import type { Around, Context, KeyProvider, PasswordProvider } from '../context.ts';
import { placeOfMapping } from '../places.ts';
import { underLocksAfterAsking } from '../under-locks.ts';
import { passwordSourceOf } from '../vault-of.ts';
import { cryptOf, type Mapping, mappingsOf } from './mapping.ts';
import { planStillness, type StillnessPlan } from './still-vault.ts';
import { stillnessOf } from './sync-mappings.ts';
import { describeIntent } from './sync-record.ts';
import type { SyncRequest } from './sync-request.ts';
import { mappingLocks, runMapping, verifyMapping } from './sync-run.ts';

export interface RekeyRequest {
  readonly layout: ProfileLayout;
  /** The new key and salt. */
  readonly newKey: KeyProvider;
  /** How names are hidden from now on; what the profile says when left out, `standard` where it says nothing. */
  readonly crypt?: CryptSettings | undefined;
  /** The new path on the remote; the old one with the date behind it when left out. */
  readonly newPath?: string | undefined;
  readonly remount: boolean;
  readonly password: PasswordProvider;
  readonly wait: number;
  readonly onProgress?: SyncRequest['onProgress'];
  readonly around?: Around | undefined;
}

export interface RekeyResult {
  readonly client: string;
  readonly profile: string;
  /** Where the data was, still as it was, and where it is now. */
  readonly moved: readonly { readonly from: string; readonly to: string; readonly files: number }[];
}

const defaultCrypt: CryptSettings = { filenameEncryption: 'standard', directoryNameEncryption: true };

/** @throws USAGE, INVALID_ENCRYPTION_KEY, what an upload throws, VERIFY_FAILED; then the profile is as it was */
export async function rekeyProfile(context: Context, request: RekeyRequest): Promise<RekeyResult> {
  const { layout, around = (work) => work() } = request;
  const profile = readProfile(layout);
  const plan = planRekey(request, profile);
  const key = await request.newKey(layout, profile);
  try {
    const targets = plan.mappings.map((mapping) => targetOf(context, request, mapping));
    // the new place is what its outcome is about: the old one stays as it was
    const places = plan.mappings.map((mapping, index) =>
      placeOfMapping({ ...mapping, raw: targets[index]?.raw ?? mapping.raw }),
    );
    const moved = await recorded(
      context,
      { layout, operation: 'rekey', ...describeIntent(places) },
      () => around(() => moveAll(context, request, { plan, targets, key })),
      (moves) => ({
        outcome: 'rekeyed',
        did: moves.map(({ from, to, files }) => `${from} to ${to}: ${files} files`).join('; '),
      }),
    );
    return { client: layout.client, profile: layout.profile, moved };
  } finally {
    wipeKey(key);
  }
}

/** What is moved where, decided once: everything that comes later holds only while the profile still says the same. */
interface RekeyPlan {
  /** The profile that it was decided by. */
  readonly basis: Profile;
  readonly crypt: CryptSettings;
  readonly mappings: readonly Mapping[];
}

function planRekey(request: RekeyRequest, basis: Profile): RekeyPlan {
  const { layout, newPath } = request;
  const crypt = request.crypt ?? cryptOf(basis) ?? defaultCrypt;
  // what is plain now may become encrypted: the mappings are looked at as they will be
  const mappings = mappingsOf(layout, { ...basis, crypt }, {});
  verifyMovable(layout, mappings, newPath);
  return { basis, crypt, mappings };
}

/** What a rekey is about. All else of a profile may change while it runs. */
const routeKeys = ['remote', 'mappings', 'crypt', 'encryptedDir', 'vaultId', 'engine'] as const;

/** @throws PLAN_CHANGED when the profile syncs something else, or elsewhere, than when the rekey began */
function verifySameRoutes(layout: ProfileLayout, { basis }: RekeyPlan, now: Profile): void {
  const changed = routeKeys.filter((key) => JSON.stringify(basis[key]) !== JSON.stringify(now[key]));
  if (changed.length === 0) return;
  throw new CryptosyncError(
    'PLAN_CHANGED',
    `${changed.join(', ')} of ${nameOf(layout)} changed while its data was moved to the new key: the profile keeps the old one`,
  );
}

function verifyMovable(
  layout: ProfileLayout,
  mappings: readonly Mapping[],
  newPath: string | undefined,
): void {
  if (mappings.some(({ direction }) => direction === 'download')) {
    throw new CryptosyncError(
      'USAGE',
      `${nameOf(layout)} only downloads: whoever uploads there must change the key`,
      {
        advice: { to: 'rekey-where-uploaded' },
      },
    );
  }
  if (newPath !== undefined && mappings.length > 1) {
    throw new CryptosyncError(
      'USAGE',
      `${nameOf(layout)} has ${mappings.length} mappings, so one new path is not enough`,
      {
        advice: { to: 'leave-new-path-out' },
      },
    );
  }
}

type Move = RekeyResult['moved'][number];

interface MovePlan {
  readonly plan: RekeyPlan;
  /** What each mapping is uploaded as, in the same order. */
  readonly targets: readonly Mapping[];
  readonly key: CryptKey;
}

/** The mapping as it is uploaded: to its new path, whole. */
function targetOf(context: Context, { newPath }: RekeyRequest, mapping: Mapping): Mapping {
  const day = context.clock.now().toISOString().slice(0, 10);
  const path = newPath ?? `${mapping.raw.path.replace(/\/+$/, '')}-rekeyed-${day}`;
  return { ...mapping, raw: { ...mapping.raw, path }, direction: 'upload', mode: 'sync' };
}

async function moveAll(
  context: Context,
  request: RekeyRequest,
  { plan, targets, key }: MovePlan,
): Promise<Move[]> {
  const { layout, wait } = request;
  const moved: Move[] = [];
  for (const [index, { raw }] of targets.entries()) {
    const files = await moveOne(context, request, { plan, index, path: raw.path }, key);
    const from = plan.mappings[index]?.raw ?? raw;
    moved.push({ from: rclonePath(from), to: rclonePath(raw), files });
  }
  const paths = targets.map(({ raw }) => raw.path);
  await changeProfile(context, { layout, wait, purpose: 'rekey' }, (now) => {
    verifySameRoutes(layout, plan, now);
    return switched({ ...now, crypt: plan.crypt }, paths);
  });
  return moved;
}

interface MoveTarget {
  readonly plan: RekeyPlan;
  /** Which of the mappings. */
  readonly index: number;
  readonly path: string;
}

interface MoveView {
  readonly profile: Profile;
  readonly mapping: Mapping;
  readonly stillness: StillnessPlan;
}

async function moveOne(
  context: Context,
  request: RekeyRequest,
  { plan, index, path }: MoveTarget,
  key: CryptKey,
): Promise<number> {
  const { layout, wait } = request;
  const sync: SyncRequest = { ...request, around: undefined, dryRun: false, encryptionKey: request.newKey };
  return await underLocksAfterAsking<MoveView, Secret | undefined, number>(
    context,
    { wait },
    {
      async look() {
        const now = readProfile(layout);
        verifySameRoutes(layout, plan, now);
        const profile: Profile = { ...now, crypt: plan.crypt };
        const old = mappingsOf(layout, profile, {})[index];
        if (old === undefined) throw new Error('a mapping is gone from a profile that has not changed');
        const mapping: Mapping = { ...old, raw: { ...old.raw, path }, direction: 'upload', mode: 'sync' };
        return { profile, mapping, stillness: await planStillness(sync, profile, mapping) };
      },
      locks: ({ mapping }) => mappingLocks(layout, mapping),
      ask: async ({ profile, stillness }) =>
        stillness.kind === 'remount' ? await request.password(layout, profile) : undefined,
      question: ({ profile, stillness }) => [stillness.kind, ...passwordSourceOf(profile)],
      forget: (password) => password?.wipe(),
      async act(view, password) {
        const stillness = stillnessOf(view.stillness, password);
        const outcome = await runMapping(context, sync, view, { key, stillness });
        await verifyMapping(context, sync, view, key);
        return outcome.transferred.files;
      },
    },
  );
}

/** The profile with its mappings at their new paths. */
function switched(profile: Profile, paths: readonly string[]): Profile {
  if (profile.mappings === undefined) {
    const [path = ''] = paths;
    return { ...profile, ...(profile.remote === undefined ? {} : { remote: { ...profile.remote, path } }) };
  }
  return {
    ...profile,
    mappings: profile.mappings.map((mapping, index) => ({ ...mapping, remotePath: paths[index] ?? '' })),
  };
}
