/** Syncing a profile: each of its mappings, one after the other, and the record of the whole run. */
import type { Profile } from '../../clients/profile.ts';
import { readProfile } from '../../clients/profile-store.ts';
import type { CryptKey } from '../../remotes/crypt.ts';
import { rclonePath } from '../../remotes/remote.ts';
import { verifyTools } from '../../system/dependencies.ts';
import { CryptosyncError, toCryptosyncError } from '../../system/errors.ts';
import { kindOf } from '../../system/files.ts';
import type { Context } from '../context.ts';
import { type Ending, recorded } from '../recorded.ts';
import { type Mapping, mappingsOf } from './mapping.ts';
import { planStillness } from './still-vault.ts';
import type { SyncRequest } from './sync-request.ts';
import { planned, type SyncResult, successful, unsuccessful } from './sync-result.ts';
import { planMapping, runMapping } from './sync-run.ts';

/** Syncs a profile: one result a mapping. A failure is a result too: its counts and its error are told together. */
export async function syncProfile(context: Context, request: SyncRequest): Promise<SyncResult[]> {
  const run = (): Promise<SyncResult[]> => syncMappings(context, request);
  // the ledger of a client that is not there would make its directories
  if (request.dryRun || kindOf(request.layout.profileFile) === 'none') return await run();
  return await recorded(context, request.layout, 'sync', run, describeRun);
}

async function syncMappings(context: Context, request: SyncRequest): Promise<SyncResult[]> {
  const { layout, remotePath, direction, mode } = request;
  let profile: Profile;
  let mappings: Mapping[];
  try {
    profile = readProfile(layout);
    mappings = mappingsOf(layout, profile, { remotePath, direction, mode });
    verifyResync(request, mappings);
    verifyTools(['rclone', 'flock'], context.environment);
  } catch (thrown) {
    const heading = {
      source: null,
      remote: null,
      direction: direction ?? 'upload',
      mode: mode ?? 'sync',
    } as const;
    return [unsuccessful(heading, toCryptosyncError(thrown), 0)];
  }
  let key: CryptKey | undefined;
  const provideKey = async (): Promise<CryptKey> => {
    key ??= await request.encryptionKey(layout, profile);
    return key;
  };
  try {
    const results: SyncResult[] = [];
    for (const mapping of mappings) {
      results.push(await syncMapping(context, request, profile, mapping, provideKey));
      if (context.signal?.aborted) break;
    }
    return results;
  } finally {
    key?.key.wipe();
    key?.salt?.wipe();
  }
}

/** @throws USAGE for a choice that would be passed over in silence */
function verifyResync({ resync }: SyncRequest, mappings: readonly Mapping[]): void {
  if (resync === undefined || mappings.some(({ direction }) => direction === 'bidirectional')) return;
  throw new CryptosyncError('USAGE', '--resync is for bidirectional syncs, and this profile has none', {
    hint: 'Name the direction: --direction bidirectional',
  });
}

async function syncMapping(
  context: Context,
  request: SyncRequest,
  profile: Profile,
  mapping: Mapping,
  provideKey: () => Promise<CryptKey>,
): Promise<SyncResult> {
  const start = context.clock.now().getTime();
  const took = (): number => context.clock.now().getTime() - start;
  const { source, direction, mode, raw } = mapping;
  const heading = { source: source.directory, remote: rclonePath(raw), direction, mode };
  try {
    const key = mapping.crypt === undefined ? undefined : await provideKey();
    if (request.dryRun)
      return planned(heading, await planMapping(context, request, profile, mapping, key), took());
    const stillness = await planStillness(request, profile, mapping);
    const work = () => runMapping(context, request, profile, mapping, { key, stillness });
    const outcome = await (request.around === undefined ? work() : request.around(work));
    return successful(heading, outcome, took());
  } catch (thrown) {
    return unsuccessful(heading, toCryptosyncError(thrown), took());
  }
}

/** From the worst to the best: a run is as good as its worst mapping. */
const ranking: readonly SyncResult['outcome'][] = ['failed', 'refused', 'synced', 'unchanged', 'planned'];

function describeRun(results: readonly SyncResult[]): Ending {
  const worst = [...results].sort((a, b) => ranking.indexOf(a.outcome) - ranking.indexOf(b.outcome))[0];
  const total = (pick: (result: SyncResult) => number): number =>
    results.reduce((sum, result) => sum + pick(result), 0);
  const error: CryptosyncError | undefined = worst?.error;
  return {
    outcome: error?.code === 'INTERRUPTED' ? 'interrupted' : (worst?.outcome ?? 'unchanged'),
    facts: {
      remote: worst?.remote,
      direction: worst?.direction,
      mode: worst?.mode,
      filesTransferred: total(({ filesTransferred }) => filesTransferred),
      bytesTransferred: total(({ bytesTransferred }) => bytesTransferred),
      deleted: total(({ deleted }) => deleted),
      consistent: results.every(({ consistent }) => consistent !== false),
      generation: worst?.generation,
      durationMs: total(({ durationMs }) => durationMs),
      ...(results.length > 1 && { mappings: results.length }),
    },
    error,
  };
}
