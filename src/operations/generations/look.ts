/** Looking at a mapping's place without changing anything: for what lists, checks and restores generations. */
import type { ProfileLayout } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { readProfile } from '../../clients/profile-store.ts';
import { type CryptKey, wipeKey } from '../../remotes/crypt.ts';
import type { Place } from '../../remotes/place.ts';
import type { Job } from '../../sync/job.ts';
import { withPlace } from '../../sync/run.ts';
import { verifyTools } from '../../system/dependencies.ts';
import type { Context, KeyProvider } from '../context.ts';
import { type Mapping, mappingsOf } from '../sync/mapping.ts';
import { jobOf } from '../sync/sync-run.ts';

export interface LookRequest {
  readonly layout: ProfileLayout;
  readonly encryptionKey: KeyProvider;
  /** Another path on the remote than the profile's. */
  readonly remotePath?: string | undefined;
  readonly bandwidthLimit?: string | undefined;
}

/** One mapping's place while it is open. */
export interface Look {
  readonly profile: Profile;
  readonly mapping: Mapping;
  readonly job: Job;
  readonly place: Place;
}

/** @throws what is wrong with the profile, KEY_REQUIRED, DECRYPTION_FAILED, what `action` throws for a mapping */
export async function lookAtMappings<Result>(
  context: Context,
  request: LookRequest,
  action: (look: Look) => Promise<Result>,
): Promise<Result[]> {
  const { layout, remotePath } = request;
  const profile = readProfile(layout);
  const mappings = mappingsOf(layout, profile, { remotePath });
  verifyTools(['rclone'], context.environment);
  const key = await keyFor(request, profile, mappings);
  try {
    const results: Result[] = [];
    for (const mapping of mappings) {
      const job = jobOf(request, profile, mapping, key);
      results.push(await withPlace(context, job, (place) => action({ profile, mapping, job, place })));
    }
    return results;
  } finally {
    if (key !== undefined) wipeKey(key);
  }
}

async function keyFor(
  { layout, encryptionKey }: LookRequest,
  profile: Profile,
  mappings: readonly Mapping[],
): Promise<CryptKey | undefined> {
  return mappings.some(({ crypt }) => crypt !== undefined) ? await encryptionKey(layout, profile) : undefined;
}
