/** The one of the two kinds of place that a remote is. */
import { directoryPlace } from './directory/directory-place.ts';
import { paceOf } from './pace.ts';
import type { Place } from './place.ts';
import type { RcloneDependencies } from './rclone/call.ts';
import { transferFlags } from './rclone/flags/flags.ts';
import { rclonePlace } from './rclone/place/rclone-place.ts';
import { localDirectory, placeOf, type Remote } from './remote.ts';

export interface PlaceSettings {
  /** Of the operator's, as they were given; they are read here. */
  readonly flags: readonly string[] | undefined;
  /** rclone's `--bwlimit`, checked. */
  readonly bandwidthLimit: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Opens a place; the caller closes it. Nothing is asked of it yet. @throws CONFIG_INVALID for flags that can't be used */
export function openPlace(remote: Remote, settings: PlaceSettings, dependencies: RcloneDependencies): Place {
  const root = localDirectory(remote);
  const { flags, bandwidthLimit, now } = settings;
  if (root === undefined)
    return rclonePlace(remote, { flags: transferFlags(flags), bandwidthLimit }, dependencies);
  const { environment, signal } = dependencies;
  const pace = paceOf(bandwidthLimit, 'up', now, signal);
  return directoryPlace({ root, name: placeOf(remote), environment, pace, signal });
}

/** Opens a place for a few questions, and closes it. @throws what `action` throws */
export async function inPlace<Result>(
  remote: Remote,
  dependencies: RcloneDependencies,
  action: (place: Place) => Promise<Result>,
): Promise<Result> {
  const place = openPlace(
    remote,
    { flags: undefined, bandwidthLimit: undefined, now: Date.now },
    dependencies,
  );
  try {
    return await action(place);
  } finally {
    await place.close();
  }
}
