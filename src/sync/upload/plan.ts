/**
 * What an upload does to a place, as data: made from what became of the source since it was recorded and, on a full
 * pass, from what is really there. The same value is shown by a dry run, judged by the guard, carried out, and written
 * into the manifest.
 */
import { keepsDirectory, type PlaceFeatures } from '../../remotes/place.ts';
import { directoryOf } from '../../system/names.ts';
import type { NotCarried } from '../result.ts';
import type { Change } from '../tree/changes.ts';
import { objectOf } from '../tree/objects.ts';
import type { RecordEntry } from '../tree/record.ts';
import type { Move, Renames } from './renames.ts';

/** Something that leaves its path at the place, and is kept in the trash. */
export interface Leaving {
  /** The object's path. */
  readonly path: string;
  readonly size: number;
  /** Why: its entry was deleted, its content is replaced, or nobody here knows it. */
  readonly why: 'deleted' | 'replaced' | 'foreign';
}

export interface UploadPlan {
  readonly trash: readonly Leaving[];
  /** Directories that are gone here, the deepest first. */
  readonly removedDirectories: readonly string[];
  readonly directoryRenames: readonly Move[];
  readonly renames: readonly Move[];
  /** Directories with nothing in them, where a place keeps such. */
  readonly newDirectories: readonly string[];
  readonly puts: readonly RecordEntry[];
  readonly links: readonly RecordEntry[];
  readonly notCarried: readonly NotCarried[];
  /** What the manifest says anew: by path, null for what is gone. */
  readonly entries: ReadonlyMap<string, RecordEntry | null>;
  /** Entries of which only the stamp moved: for the record alone. */
  readonly refreshed: ReadonlyMap<string, RecordEntry>;
}

export interface PlanFacts {
  /** What became of the source, without what can't be carried. */
  readonly changes: readonly Change[];
  /** Found among the changes: a file that was renamed is neither deleted nor put. */
  readonly renames: Renames;
  readonly notCarried: readonly NotCarried[];
  /** What lies at the place and nobody here knows. */
  readonly foreign: readonly Leaving[];
  /** Objects that are not there, although they were recorded. */
  readonly lost: ReadonlySet<string>;
  /** Directories there that stand where a file belongs, the deepest first. */
  readonly blocking?: readonly string[];
}

export interface PlanSettings {
  /** A copy takes nothing away that is gone here. */
  readonly mode: 'sync' | 'copy';
  /** Whether the mapping's patterns still are about a path; what they are not about stays there as it is. */
  readonly isCarried: (path: string) => boolean;
  readonly features: PlaceFeatures;
}

export function planUpload(facts: PlanFacts, settings: PlanSettings): UploadPlan {
  const { changes, renames, notCarried, foreign, lost, blocking = [] } = facts;
  const isKept = keepsDirectory(settings.features);
  const trash: Leaving[] = [...foreign];
  const removed: string[] = [];
  const created: string[] = [];
  const puts: RecordEntry[] = [];
  const links: RecordEntry[] = [];
  const entries = new Map<string, RecordEntry | null>();
  const refreshed = new Map<string, RecordEntry>();
  for (const { path, kind, known, now } of changes) {
    if (kind === 'stamp') {
      if (now !== undefined) refreshed.set(path, now);
      continue;
    }
    if (
      kind === 'removed' &&
      (settings.mode === 'copy' || !settings.isCarried(path)) &&
      !renames.from.has(path)
    ) {
      if (known !== undefined) refreshed.set(path, { ...known, isGone: true });
      continue;
    }
    entries.set(path, now ?? null);
    if (kind === 'metadata') continue;
    const object = known === undefined ? undefined : objectOf(known);
    if (object !== undefined && !renames.from.has(path) && !lost.has(object)) {
      const why = now === undefined ? 'deleted' : 'replaced';
      trash.push({ path: object, size: known?.size ?? 0, why });
    }
    if (known?.kind === 'directory' && now?.kind !== 'directory') removed.push(path);
    if (now === undefined || renames.to.has(path)) continue;
    if (now.kind === 'file') puts.push(now);
    if (now.kind === 'link') links.push(now);
    if (now.kind === 'directory' && path !== '') created.push(path);
  }
  for (const path of renames.from) if (!entries.has(path)) entries.set(path, null);
  for (const entry of renames.entries) entries.set(entry.path, entry);
  return {
    trash,
    removedDirectories: [...removed.reverse().filter(isKept), ...blocking],
    directoryRenames: renames.directories,
    renames: renames.files,
    newDirectories: emptyOnes(created, puts, links).filter(isKept),
    puts,
    links,
    notCarried,
    entries,
    refreshed,
  };
}

/** The directories that no put would make. */
function emptyOnes(created: readonly string[], ...groups: (readonly RecordEntry[])[]): string[] {
  const made = new Set(groups.flat().map(({ path }) => directoryOf(path)));
  const parents = new Set(created.map(directoryOf));
  return created.filter((path) => !made.has(path) && !parents.has(path));
}

/** Whether a plan changes anything at the place. */
export function isNothing({ entries }: Pick<UploadPlan, 'entries'>): boolean {
  return entries.size === 0;
}
