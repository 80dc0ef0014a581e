/** Looking before a download: at the place, at what is here, at what is recorded; and what follows from it. */

import { isUnused } from '../../remotes/control/key-check.ts';
import { identityOf, readState } from '../../remotes/control/state.ts';
import type { Place } from '../../remotes/place.ts';
import { linkSuffix, placeOf } from '../../remotes/remote.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { comparePaths } from '../../system/names.ts';
import { verifyNoMountBelow } from '../../system/paths/removal.ts';
import type { TransferContext } from '../context.ts';
import { isUnchangedSince, readSyncBase } from '../former/base.ts';
import { scanSource } from '../former/scan.ts';
import { deletionsIn, verifyPlanned } from '../guard.ts';
import { isIncoming } from '../here/incoming.ts';
import { type HerePlan, localChanges, planHere } from '../here/plan.ts';
import { onlyIncluded } from '../include.ts';
import type { Job } from '../job.ts';
import { type Lineage, lineageFor } from '../lineage.ts';
import { type Change, changesOf, isCounted } from '../tree/changes.ts';
import type { Entry, StampedEntry } from '../tree/entry.ts';
import type { OpenRecord, RecordEntry } from '../tree/record.ts';
import { readTree } from '../upload/chain.ts';
import { readListing } from '../upload/full-pass/listing.ts';
import { carriedOnly, lookSettings } from '../upload/look.ts';
import { asListed } from '../upload/naming/spelling.ts';
import { recordOf } from '../upload/outlook.ts';
import { verifyTree } from './verify-tree.ts';

export interface DownloadOutlook {
  readonly lineage: Lineage;
  readonly record: OpenRecord | undefined;
  /** What the place holds, in the order of trees. */
  readonly target: readonly Entry[];
  /** The place says more of its entries than their sizes and times. */
  readonly knowsMetadata: boolean;
  readonly plan: HerePlan;
  /** What is here and would be lost if it were not kept aside. */
  readonly ownChanges: readonly string[];
  readonly isHere: boolean;
}

/** Looks at both sides. @throws what the guard refuses; nothing has changed then */
export async function lookBeforeDownload(
  context: TransferContext,
  job: Job,
  place: Place,
): Promise<DownloadOutlook> {
  const { source, raw, mode } = job.mapping;
  // what comes is put in place by renames, which lead into no other file system
  verifyNoMountBelow(source.directory);
  const state = await readState(place);
  const marker = state.kind === 'present' ? state.committed : undefined;
  const record = recordOf(job, marker);
  const lineage = await originOf(job, place, state, record);
  const told = lineage.marker?.version === 2 ? await readTree(place, lineage.marker, job.sealKey) : undefined;
  const target = onlyIncluded(told ?? (await listedTree(place)), job.settings.include);
  verifyTree(placeOf(raw), target);
  verifyComplete(job, target);
  const isHere = source.inspect() !== 'missing';
  const here = isHere ? [...carriedOnly(job)] : [];
  const known = record === undefined ? [] : [...record.entries()];
  const settings = lookSettings(context, job);
  const changes = isHere ? await changesOf(known.values(), here.values(), settings) : undefined;
  const hashed = withKnown(here, known, changes?.changes ?? []);
  const knowsMetadata = told !== undefined;
  const plan = await planHere(hashed, target, { ...settings, mode, knowsMetadata });
  const isFormer =
    record === undefined &&
    isHere &&
    isUnchangedSince(readSyncBase(job.baseFile), placeOf(raw), scanSource(source.directory));
  // what a killed run has moved is no change of the owner's
  const isResumed = lineage.marker !== undefined && isIncoming(job, identityOf(lineage.marker));
  const isOurs = changes === undefined || isFormer || isResumed;
  const ownChanges = isOurs ? [] : localChanges(changes.changes, plan);
  if (ownChanges.length > 0 && job.request.force !== true) throw changedHere(source.directory, ownChanges);
  const files = target.filter(isCounted).length;
  const leaving = plan.trash.filter(isCounted);
  const counts = { deletions: deletionsIn(leaving), sourceFiles: files, knownFiles: changes?.files ?? 0 };
  verifyPlanned(source, source.directory, counts, job.settings.deleteLimit);
  return { lineage, record, target, knowsMetadata, plan, ownChanges, isHere };
}

/** What lies there must be this mapping's, and complete. @throws VAULT_FOREIGN, REMOTE_EMPTY, VAULT_MISMATCH, … */
async function originOf(
  job: Job,
  place: Place,
  state: Awaited<ReturnType<typeof readState>>,
  record: OpenRecord | undefined,
): Promise<Lineage> {
  const { raw } = job.mapping;
  const isForced = job.request.force === true;
  // before the lineage, which would call a place empty that holds something else
  const isEmpty = state.kind !== 'present' && (await verifyUnmarkedOrigin(job, place));
  const lineage = lineageFor(job, {
    state,
    record,
    // a place that is ahead is what a download is for; one that is behind only with --force
    takeOver: isForced || isAhead(state, record),
  });
  if (isEmpty) {
    throw new CryptosyncError('REMOTE_EMPTY', `there is nothing in ${placeOf(raw)}`, {
      advice: { to: 'check-download-path' },
    });
  }
  if (lineage.isUnfinished && !isForced && state.kind === 'present') throw unfinished(placeOf(raw));
  return lineage;
}

function isAhead(state: Awaited<ReturnType<typeof readState>>, record: OpenRecord | undefined): boolean {
  if (state.kind !== 'present' || state.committed === undefined || record === undefined) return false;
  return state.committed.generation > record.head.generation;
}

function unfinished(place: string): CryptosyncError {
  return new CryptosyncError(
    'VAULT_MISMATCH',
    `the last upload to ${place} did not end: it may be a mixture of two states`,
    {
      advice: { to: 'finish-last-upload' },
    },
  );
}

/** A place that says nothing of itself. @returns whether it is empty. @throws VAULT_FOREIGN */
async function verifyUnmarkedOrigin({ mapping: { source, raw } }: Job, place: Place): Promise<boolean> {
  const names = await place.names('');
  if (await isUnused(place, names)) return true;
  if (source.configFile !== undefined && names.includes(source.configFile)) return false;
  throw new CryptosyncError(
    'VAULT_FOREIGN',
    `${placeOf(raw)} holds files that are not known to be of this profile`,
    {
      advice: { to: 'copy-foreign-files' },
    },
  );
}

/** Without its configuration nothing of a vault decrypts. @throws VAULT_MISMATCH */
function verifyComplete({ mapping: { source, raw } }: Job, target: readonly Entry[]): void {
  const { configFile } = source;
  if (configFile === undefined || target.some(({ path, kind }) => path === configFile && kind === 'file'))
    return;
  throw new CryptosyncError(
    'VAULT_MISMATCH',
    `${placeOf(raw)} has no ${configFile}: without it nothing decrypts`,
    {
      advice: { to: 'search-trash-for-config' },
    },
  );
}

/** What 0.1 or another program left there: names, sizes and times, and links as small files. */
async function listedTree(place: Place): Promise<RecordEntry[]> {
  const { objects, directories } = await readListing(place, asListed);
  const owner = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  const stamp = { ctime: 0n, inode: 0n };
  const entries: RecordEntry[] = [
    { path: '', kind: 'directory', size: 0, mtime: 0n, mode: 0o700, ...owner, ...stamp },
  ];
  for (const path of directories) {
    entries.push({ path, kind: 'directory', size: 0, mtime: 0n, mode: 0o700, ...owner, ...stamp });
  }
  for (const { path, size, mtime, kind, target: leadsTo } of objects.values()) {
    const common = { mtime: mtime ?? 0n, mode: 0o600, ...owner, ...stamp };
    if (leadsTo !== undefined) entries.push({ path, kind: 'link', size: 0, target: leadsTo, ...common });
    if (kind !== 'file') continue;
    if (!path.endsWith(linkSuffix)) {
      entries.push({ path, kind: 'file', size, ...common });
      continue;
    }
    const target = (await place.read(path, longestLink))?.toString('utf8') ?? '';
    entries.push({ path: path.slice(0, -linkSuffix.length), kind: 'link', size: 0, target, ...common });
  }
  return entries.sort((a, b) => comparePaths(a.path, b.path));
}

/** PATH_MAX of Linux. */
const longestLink = 4096;

/** What is here, with what is known of it: by the look that was just taken, or recorded where nothing moved since. */
function withKnown(
  here: readonly StampedEntry[],
  known: readonly RecordEntry[],
  seen: readonly Change[],
): StampedEntry[] {
  const recorded = new Map(known.map((entry) => [entry.path, entry]));
  for (const { path, now } of seen) {
    if (now === undefined) recorded.delete(path);
    else recorded.set(path, now);
  }
  return here.map((entry) => {
    const { hash, attributes } = recorded.get(entry.path) ?? {};
    return { ...entry, ...(hash !== undefined && { hash }), ...(attributes !== undefined && { attributes }) };
  });
}

function changedHere(directory: string, paths: readonly string[]): CryptosyncError {
  return new CryptosyncError('LOCAL_CHANGES', `${directory} has changed since its last sync`, {
    advice: { to: 'upload-or-force' },
    details: { changed: paths.length, first: paths.slice(0, 5) },
  });
}
