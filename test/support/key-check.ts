/** Writing a key check object where no run has the place open. */
import { type KeyCheck, writeKeyCheck } from '../../src/remotes/control/key-check.ts';
import { inPlace } from '../../src/remotes/open-place.ts';
import type { RcloneDependencies } from '../../src/remotes/rclone/call.ts';

export async function putKeyCheck(check: KeyCheck, dependencies: RcloneDependencies): Promise<void> {
  await inPlace(check.decrypted, dependencies, (place) => writeKeyCheck(place, check, dependencies));
}
