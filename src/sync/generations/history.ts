/** The generations of a place that can be put together again, as its manifests and its trash tell. */
import { trashDirectory, trashGeneration } from '../../remotes/control/generations.ts';
import { type Announcement, type Committed, readState } from '../../remotes/control/state.ts';
import type { Place } from '../../remotes/place.ts';
import { toIsoSeconds } from '../../system/clock.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { Job } from '../job.ts';
import { type Line, readLine, replay } from './line.ts';

export interface Generation {
  readonly number: number;
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  /** Which machine wrote it: random, not its name. */
  readonly machine: string;
  readonly files: number;
  readonly bytes: number;
  /** Entries that are new, other, or gone since the one before. */
  readonly changed: number;
  /** ISO 8601; null while no pruning takes it away: the current one, and as many as `keepGenerations` says. */
  readonly keptUntil: string | null;
}

/** What a place tells of its past. */
export interface Past {
  readonly marker: Committed;
  /** A run that has begun after it and not ended. */
  readonly begun: Announcement | undefined;
  /** Whether the marker itself says so, or what was announced after it, because it is torn or gone. */
  readonly told: 'whole' | 'torn' | 'gone';
  readonly line: Line;
  /** Below the place, by generation: where what it replaced or removed was put. */
  readonly trash: ReadonlyMap<number, readonly string[]>;
}

/** Which generation a place is at. */
export type Present = Pick<Past, 'marker' | 'begun' | 'told'>;

/** @throws as `readPresent` and `readPastOf` */
export async function readPast(place: Place, signal: AbortSignal | undefined): Promise<Past> {
  return await readPastOf(place, await readPresent(place), signal);
}

/** @throws REMOTE_EMPTY, VAULT_MISMATCH for a place of 0.1, VAULT_FOREIGN, VERIFY_FAILED; what the place fails with */
export async function readPresent(place: Place): Promise<Present> {
  const state = await readState(place);
  if (state.kind === 'absent') {
    throw new CryptosyncError('REMOTE_EMPTY', `there are no generations in ${place.name}`, {
      advice: { to: 'check-download-path' },
    });
  }
  if (state.kind === 'unreadable') {
    throw new CryptosyncError('VERIFY_FAILED', `${state.file} in ${place.name} is damaged`, {
      details: { damaged: [state.file] },
    });
  }
  const { committed, begun } = state;
  if (committed?.version !== 2) {
    throw new CryptosyncError('VAULT_MISMATCH', `${place.name} holds no manifest to go by yet`, {
      advice: { to: 'sync-for-manifest' },
    });
  }
  return { marker: committed, begun, told: state.marker };
}

/** @throws VERIFY_FAILED, what the place fails with */
export async function readPastOf(
  place: Place,
  present: Present,
  signal: AbortSignal | undefined,
): Promise<Past> {
  const { marker } = present;
  const [line, names] = await Promise.all([readLine(place, marker, signal), place.names(trashDirectory)]);
  const trash = new Map<number, string[]>();
  for (const name of names) {
    const generation = name.endsWith('/') ? trashGeneration(name.slice(0, -1)) : undefined;
    if (generation === undefined) continue;
    const own = trash.get(generation) ?? [];
    trash.set(generation, [...own, `${trashDirectory}/${name.slice(0, -1)}`]);
  }
  return { ...present, line, trash };
}

type Keeping = Pick<Job['settings'], 'keepDeleted' | 'keepGenerations'>;

/**
 * The generations that can be put together, the newest first.
 * @throws VERIFY_FAILED when a manifest is torn, or not under the vault's seal
 */
export async function generationsOf(
  { marker, line, trash }: Past,
  sealKey: Buffer | undefined,
  { keepDeleted, keepGenerations }: Keeping,
): Promise<Generation[]> {
  const found: (Omit<Generation, 'keptUntil'> & { readonly needsTrash: boolean })[] = [];
  for await (const { head, tree, left, changed } of replay(line.links, sealKey)) {
    const contents = new Set<string | undefined>();
    let [files, bytes] = [0, 0];
    for (const { kind, size, hash } of tree.values()) {
      if (kind !== 'file') continue;
      files += 1;
      bytes += size;
      contents.add(hash);
    }
    // what only got another path, or lies there once more, is still to be had
    const needsTrash = left.some(({ kind, hash }) => kind === 'file' && !contents.has(hash));
    const { generation: number, id, at, machine } = head;
    found.push({ number, id, at, machine, files, bytes, changed, needsTrash });
  }
  const generations: Generation[] = [];
  let until: number | undefined;
  for (const { needsTrash, ...generation } of found.reverse()) {
    const isKept = generation.number > marker.generation - keepGenerations;
    const keptUntil = isKept || until === undefined ? null : toIsoSeconds(new Date(until + keepDeleted));
    generations.push({ ...generation, keptUntil });
    if (needsTrash && !trash.has(generation.number)) break;
    until = Date.parse(generation.at);
  }
  return generations;
}
