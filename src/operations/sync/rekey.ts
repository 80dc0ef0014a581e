/**
 * Moving what a profile has on its remote to another key: the source is uploaded with the new key to a new path, read
 * back and compared, and only then the profile is switched. The old path stays until the operator removes it.
 */
import type { ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { verifyContent } from '../../remotes/content-check.ts';
import type { CryptKey, CryptSettings } from '../../remotes/crypt.ts';
import { rclonePath } from '../../remotes/remote.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { Around, Context, KeyProvider, PasswordProvider } from '../context.ts';
import { replaceProfile } from '../profile-change.ts';
import { nameOf, recorded } from '../recorded.ts';
import { viewOf } from './crypt-layer.ts';
import { cryptOf, type Mapping, mappingsOf } from './mapping.ts';
import { planStillness } from './still-vault.ts';
import type { SyncRequest } from './sync-request.ts';
import { runMapping } from './sync-run.ts';

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
  const crypt = request.crypt ?? cryptOf(profile) ?? defaultCrypt;
  // what is plain now may become encrypted: the mappings are looked at as they will be
  const wanted: Profile = { ...profile, crypt };
  const mappings = mappingsOf(layout, wanted, {});
  verifyMovable(layout, mappings, request.newPath);
  const key = await request.newKey(layout, profile);
  try {
    const moved = await recorded(
      context,
      layout,
      'rekey',
      () => around(() => moveAll(context, request, wanted, mappings, key)),
      () => ({ outcome: 'rekeyed' }),
    );
    return { client: layout.client, profile: layout.profile, moved };
  } finally {
    key.key.wipe();
    key.salt?.wipe();
  }
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
        hint: 'Run it on the machine that uploads.',
      },
    );
  }
  if (newPath !== undefined && mappings.length > 1) {
    throw new CryptosyncError(
      'USAGE',
      `${nameOf(layout)} has ${mappings.length} mappings, so one new path is not enough`,
      {
        hint: 'Leave --new-path out: each old path gets the date behind it.',
      },
    );
  }
}

type Move = RekeyResult['moved'][number];

async function moveAll(
  context: Context,
  request: RekeyRequest,
  wanted: Profile,
  mappings: readonly Mapping[],
  key: CryptKey,
): Promise<Move[]> {
  const { layout } = request;
  const day = context.clock.now().toISOString().slice(0, 10);
  const moved: Move[] = [];
  const paths: string[] = [];
  for (const mapping of mappings) {
    const path = request.newPath ?? `${mapping.raw.path.replace(/\/+$/, '')}-rekeyed-${day}`;
    const target: Mapping = { ...mapping, raw: { ...mapping.raw, path }, direction: 'upload', mode: 'sync' };
    const files = await moveOne(context, request, wanted, target, key);
    moved.push({ from: rclonePath(mapping.raw), to: rclonePath(target.raw), files });
    paths.push(path);
  }
  await replaceProfile(context, layout, switched(wanted, paths), request.wait);
  return moved;
}

async function moveOne(
  context: Context,
  request: RekeyRequest,
  wanted: Profile,
  target: Mapping,
  key: CryptKey,
): Promise<number> {
  const sync: SyncRequest = { ...request, dryRun: false, encryptionKey: request.newKey };
  const stillness = await planStillness(sync, wanted, target);
  const outcome = await runMapping(context, sync, wanted, target, { key, stillness });
  const { source, include } = target;
  await verifyContent(source.directory, viewOf(target, key), include, context);
  return outcome.transferred.files;
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
