/** Repairing a place while nobody syncs with it. */

import { readState } from '../../remotes/control/state.ts';
import type { Finding } from '../../sync/verify/findings.ts';
import { repairManifest, repairObjects } from '../../sync/verify/repair.ts';
import type { Context } from '../context.ts';
import type { Look } from '../generations/look.ts';
import { mappingLocks } from '../sync/sync-run.ts';
import { underLocks } from '../under-locks.ts';
import type { VerifyRequest } from './request.ts';

/** What was found, and in which generation; undefined where what tells of it is damaged itself. */
export interface Broken {
  readonly id: string | undefined;
  readonly findings: readonly Finding[];
}

/** @returns what is right again. @throws LOCKED, what the place fails with, INTERRUPTED */
export async function repair(
  context: Context,
  { layout, wait }: Pick<VerifyRequest, 'layout' | 'wait'>,
  { mapping, job, place }: Look,
  { id, findings }: Broken,
): Promise<readonly Finding[]> {
  return await underLocks(
    context,
    { wait },
    {
      look: () => undefined,
      locks: () => mappingLocks(layout, mapping),
      async act() {
        const state = await readState(place);
        if (state.kind !== 'present' || state.begun !== undefined || state.committed?.version !== 2)
          return [];
        const { committed: marker } = state;
        // what was found is of a state that is history by now
        if (id !== undefined && marker.id !== id) return [];
        const manifests = findings.filter(({ damage }) => damage === 'manifest');
        const isWritten = manifests.length > 0 && (await repairManifest(job, place, marker));
        return [...(isWritten ? manifests : []), ...(await repairObjects(context, job, place, findings))];
      },
    },
  );
}
