/**
 * Filling a session's directory when it is claimed. What an earlier session left here and never sent is not overwritten:
 * it is brought together with what the sink has, by the record of what both once were.
 */
import { directoryMode } from '../../clients/layout.ts';
import { errorOf } from '../../executor/apart.ts';
import type { ExecutorResult } from '../../executor/executor.ts';
import type { Advice } from '../../system/advice/index.ts';
import { CryptosyncError, type ErrorReport } from '../../system/errors.ts';
import { ensureDirectory } from '../../system/files.ts';
import type { WorkloadMapping } from '../workload/workload.ts';
import { directoryOf, type Ground, runMapping } from './ground.ts';
import { sentMappings } from './send-up.ts';

export interface BroughtDown {
  readonly outcome: 'synced' | 'unchanged' | 'empty' | 'recovered' | 'none';
  /** Undefined where nothing was moved. */
  readonly result?: ExecutorResult;
}

/** What a look at the sink may find although the key is right: it says nothing against the claim. */
const notAboutTheKey: ReadonlySet<string> = new Set(['REMOTE_EMPTY', 'LOCAL_CHANGES']);

/**
 * Whether the key opens what lies on the sink. Nothing is changed.
 * @throws DECRYPTION_FAILED, REMOTE_BEHIND, VAULT_FOREIGN, VERIFY_FAILED, and what the sink fails with
 */
export async function proveKey(ground: Ground, mapping: WorkloadMapping): Promise<void> {
  const { error } = await runMapping(ground, mapping, { direction: 'download', dryRun: true });
  if (error === undefined || notAboutTheKey.has(error.code) || isHalfSent(error)) return;
  throw refusal(ground, error);
}

/** @throws what the guard refuses, and what the sink fails with; the directory is as it was then */
export async function bringDown(ground: Ground, mapping: WorkloadMapping): Promise<BroughtDown> {
  const down = await runMapping(ground, mapping, { direction: 'download' });
  const { error } = down;
  if (error === undefined) return brought(down);
  if (error.code === 'REMOTE_EMPTY') {
    makeDirectory(ground, mapping);
    return { outcome: 'empty' };
  }
  if (error.code !== 'LOCAL_CHANGES' && !isHalfSent(error)) throw refusal(ground, error);
  // what is never sent is kept aside, as every download keeps what it replaces
  if (!sentMappings(ground).includes(mapping)) return recovered(await fetchOver(ground, mapping));
  if (isHalfSent(error)) return recovered(await endHalfSent(ground, mapping));
  return recovered(await bringTogether(ground, mapping));
}

/** Without a key, what lies there encrypted looks like somebody else's. */
function refusal({ encryption, layout }: Ground, error: ErrorReport): CryptosyncError {
  const isUnread = encryption === undefined && error.advice?.to === 'copy-foreign-files';
  if (!isUnread) return errorOf(error);
  const what = `what lies on the sink of ${layout.client} can't be read without a key`;
  return new CryptosyncError('KEY_REQUIRED', `${what}: ${error.message}`);
}

/**
 * An upload was killed before its commit. This machine's own is ended; where another node began it, the last generation
 * that was complete is fetched, and the place taken over, so that the other can't commit to it any more.
 */
async function endHalfSent(ground: Ground, mapping: WorkloadMapping): Promise<ExecutorResult> {
  const up = await runMapping(ground, mapping, { direction: 'upload' });
  if (up.error === undefined) return up;
  if (!['REMOTE_AHEAD', 'VAULT_MISSING'].includes(up.error.code)) throw errorOf(up.error);
  const force = { direction: 'download', force: true } as const;
  const { generation } = verified(await runMapping(ground, mapping, { ...force, dryRun: true }));
  const fetched = generation === null ? undefined : await fetchOver(ground, mapping);
  makeDirectory(ground, mapping);
  const taken = verified(await runMapping(ground, mapping, { direction: 'upload', takeOver: true }));
  return { ...(fetched ?? taken), generation: taken.generation };
}

function makeDirectory({ layout }: Ground, mapping: WorkloadMapping): void {
  ensureDirectory(directoryOf(layout, mapping), directoryMode, layout.sessionDirectory);
}

/**
 * What is here goes on from what the sink has where it can; where another node has gone on meanwhile, both are merged.
 */
async function bringTogether(ground: Ground, mapping: WorkloadMapping): Promise<ExecutorResult> {
  const up = await runMapping(ground, mapping, { direction: 'upload' });
  if (up.error === undefined) return up;
  if (up.error.code !== 'REMOTE_AHEAD') throw errorOf(up.error);
  const both = await runMapping(ground, mapping, { direction: 'bidirectional' });
  if (both.error === undefined) return both;
  switch (both.error.code) {
    // nobody knows what both once were: everything is kept, and where they differ the sink's version has the name
    case 'BISYNC_NEEDS_RESYNC':
      return verified(await runMapping(ground, mapping, { direction: 'bidirectional', resync: 'remote' }));
    // the sink keeps no times by which two sides could be merged
    case 'CONFIG_INVALID':
      return await fetchOver(ground, mapping);
    default:
      throw errorOf(both.error);
  }
}

/** The last committed generation; what differs here is kept aside and named. */
async function fetchOver(ground: Ground, mapping: WorkloadMapping): Promise<ExecutorResult> {
  return verified(await runMapping(ground, mapping, { direction: 'download', force: true }));
}

function verified(result: ExecutorResult): ExecutorResult {
  if (result.error !== undefined) throw errorOf(result.error);
  return result;
}

function brought(result: ExecutorResult): BroughtDown {
  return { outcome: result.outcome === 'unchanged' ? 'unchanged' : 'synced', result };
}

function recovered(result: ExecutorResult): BroughtDown {
  return { outcome: 'recovered', result };
}

/** An upload to the sink was killed before its commit, this machine's own or another's. */
function isHalfSent({ advice }: { advice?: Pick<Advice, 'to'> }): boolean {
  return advice?.to === 'finish-last-upload' || advice?.to === 'let-end-or-take-over';
}
