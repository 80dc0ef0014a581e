/** What the next upload of a mapping would carry, by its source and its record alone: no place is asked. */
import { existsSync } from 'node:fs';
import { placeOf } from '../../remotes/remote.ts';
import { roles, verifyReachable } from '../../system/stores/stores.ts';
import type { TransferContext } from '../context.ts';
import { deletionsIn, verifySource } from '../guard.ts';
import type { Job } from '../job.ts';
import { changesAmong } from '../tree/changes.ts';
import { lookHere, lookSettings, ownRecord } from './look.ts';
import { withoutUncarried } from './naming/carriable.ts';
import { isNothing } from './plan.ts';
import { planFor } from './planning.ts';
import { bytesIn } from './progress.ts';

export interface WaitingChanges {
  /** Files and links that would be sent, and the bytes of these files. */
  readonly files: number;
  readonly bytes: number;
  /** What would leave the place for its trash. */
  readonly deletions: number;
  readonly renames: number;
  /** Not even a mode or a time is another. */
  readonly isNothing: boolean;
}

/** Why it can't be told. */
export interface UnknownChanges {
  readonly unknown: string;
}

/**
 * Looks at the source as an upload would, and changes nothing. A file whose stamps moved is read, to know whether it
 * is another. @throws what keeps the source from being looked at, such as VAULT_MISSING or INTERRUPTED
 */
export async function changesWaiting(
  context: TransferContext,
  job: Pick<Job, 'mapping' | 'recordFile' | 'settings'>,
): Promise<WaitingChanges | UnknownChanges> {
  const { source, direction, raw } = job.mapping;
  if (direction !== 'upload')
    return { unknown: 'what lies at the remote counts as well, and it is not asked' };
  verifyReachable(source.directory, source.kind === 'vault' ? roles.ciphertext : roles.source);
  verifySource({ kind: source.kind, directory: source.directory, state: source.inspect() });
  if (existsSync(`${job.recordFile}.next`)) return { unknown: 'the last sync did not come to its end' };
  const record = ownRecord(job);
  const features = record?.head.features;
  if (record === undefined || features === undefined || record.head.isVacated === true)
    return { unknown: `no sync with ${placeOf(raw)} is recorded here` };
  const settings = lookSettings(context, job);
  const { look, names } = await lookHere(job, features, { entries: record.entries(), record }, settings);
  const { kept, notCarried } = withoutUncarried(await changesAmong(look, settings), features, names);
  const facts = { changes: kept, notCarried, foreign: [], lost: new Set<string>() };
  const plan = await planFor(job, facts, features, settings);
  return {
    files: plan.puts.length + plan.links.length,
    bytes: bytesIn(plan.puts),
    deletions: deletionsIn(plan.trash),
    renames: plan.renames.length + plan.directoryRenames.length,
    isNothing: isNothing(plan),
  };
}
