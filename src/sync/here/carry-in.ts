/**
 * Carrying a plan out here, when all that has to come has arrived: what leaves its path is kept aside, directories, files
 * and links are put in place by renames, and metadata comes last.
 */
import { linkSync, mkdirSync, renameSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { findExecutable } from '../../system/dependencies.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { errnoOf } from '../../system/errors.ts';
import { bytesOfName, directoryOf } from '../../system/names.ts';
import { type HeldDirectory, named } from '../../system/paths/held-directory.ts';
import { HeldTree } from '../../system/paths/held-tree.ts';
import { run } from '../../system/process.ts';
import { removeOtherAttributes, writeAttributes } from '../tree/attributes.ts';
import type { Entry } from '../tree/entry.ts';
import { type FetchSettings, stagedNames } from './fetch-in.ts';
import { setMetadata, setOpenMetadata } from './metadata.ts';
import type { HerePlan } from './plan.ts';
import type { Staging } from './staging.ts';
import { type LocalTrash, moveAside } from './trash.ts';

export interface CarryInSettings extends FetchSettings {
  /** The directory that is changed; it is there. */
  readonly root: string;
  readonly trash: LocalTrash;
  /** False where the other side knows only sizes and times. */
  readonly knowsMetadata: boolean;
  /** What the tree's own directory is to be, when it was made for this. */
  readonly own?: Entry | undefined;
  /** By path: what did not come, and is left out. */
  readonly lost?: ReadonlyMap<string, unknown> | undefined;
}

/** Puts everything in its place. Nothing is fetched any more, so it is over soon. */
export async function settleIn(plan: HerePlan, settings: CarryInSettings): Promise<void> {
  const tree = new HeldTree(settings.root);
  try {
    leaveAll(tree, plan, settings);
    for (const entry of plan.makes) if (entry.kind === 'directory') makeDirectory(tree, entry);
    const names = stagedNames(plan.gets);
    const { gets, hardLinks } = comeOf(plan, settings);
    for (const entry of gets) {
      const [parent, name] = tree.parentOf(entry.path, true);
      const staged = settings.staging.directory.at(names.get(entry) ?? '');
      named(parent.pathOf(name), () => renameSync(staged, parent.at(name)));
    }
    for (const entry of plan.makes) if (entry.kind === 'link') makeLink(tree, entry);
    for (const entry of hardLinks) makeHardLink(tree, entry, settings.staging);
    for (const entry of plan.makes) if (isSpecial(entry)) await makeSpecial(tree, entry, settings);
    if (!settings.knowsMetadata) return;
    // the deepest first: what is made in a directory changes its time
    const all = [...gets, ...hardLinks, ...plan.makes, ...plan.changes, ...touchedDirectories(plan)];
    for (const entry of all.filter(({ kind }) => kind !== 'directory')) describe(tree, entry);
    const directories = all
      .filter(({ kind }) => kind === 'directory')
      .sort((a, b) => b.path.length - a.path.length);
    for (const entry of directories) describe(tree, entry);
    await writeAttributes(settings.root, all, settings);
    await removeOtherAttributes(settings.root, plan.changes, settings);
    if (settings.own !== undefined) setOpenMetadata(tree.enter('', false).descriptor, settings.own);
  } finally {
    tree.forget();
  }
}

/** What has come of a plan, and the further names of it. */
function comeOf(
  { gets, hardLinks }: HerePlan,
  { lost }: CarryInSettings,
): Pick<HerePlan, 'gets' | 'hardLinks'> {
  if (lost === undefined || lost.size === 0) return { gets, hardLinks };
  return {
    gets: gets.filter(({ path }) => !lost.has(path)),
    hardLinks: hardLinks.filter(({ group = '' }) => !lost.has(group)),
  };
}

/** Directories that stay as they are and in which something was changed get their time again. */
function touchedDirectories({ trash, gets, makes, hardLinks, changes, same }: HerePlan): Entry[] {
  const touched = new Set([...trash, ...gets, ...makes, ...hardLinks].map(({ path }) => directoryOf(path)));
  for (const { path } of changes) touched.delete(path);
  return [...touched].flatMap((path) => {
    const entry = same.get(path);
    return entry?.kind === 'directory' ? [entry] : [];
  });
}

function leaveAll(tree: HeldTree, { trash }: HerePlan, settings: CarryInSettings): void {
  for (const { path, kind } of trash) {
    if (kind === 'directory') removeEmptied(tree, path);
    else moveAside(tree, path, settings.trash);
  }
}

/** A directory whose content has left. What somebody put there meanwhile stays, and so does the directory. */
function removeEmptied(tree: HeldTree, path: string): void {
  const [parent, name] = tree.parentOf(path, false);
  try {
    rmdirSync(parent.at(name));
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'EBUSY'].includes(errnoOf(error) ?? '')) throw error;
  }
  tree.forget();
}

function makeDirectory(tree: HeldTree, { path }: Entry): void {
  if (path === '') return;
  const [parent, name] = tree.parentOf(path, true);
  try {
    mkdirSync(parent.at(name), 0o700);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

function makeLink(tree: HeldTree, { path, target = '' }: Entry): void {
  const [parent, name] = tree.parentOf(path, true);
  named(parent.pathOf(name), () => symlinkSync(bytesOfName(target), parent.at(name)));
}

/** A new name is made beside and put in the place of what stands there, which has the same content. */
function makeHardLink(tree: HeldTree, { path, group = '' }: Entry, { directory: beside }: Staging): void {
  const [from, first] = tree.parentOf(group, false);
  const [parent, name] = tree.parentOf(path, true);
  const fresh = `link-${process.pid}`;
  removeQuietly(beside, fresh);
  named(parent.pathOf(name), () => linkSync(from.at(first), beside.at(fresh)));
  renameSync(beside.at(fresh), parent.at(name));
  // renaming one name of a file onto another of the same file does nothing
  removeQuietly(beside, fresh);
}

function removeQuietly(parent: HeldDirectory, name: string): void {
  try {
    unlinkSync(parent.at(name));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function isSpecial({ kind }: Entry): boolean {
  return kind === 'fifo' || kind === 'block' || kind === 'character';
}

/** mknod(1) of coreutils; where it is not allowed the entry is left out, and the next look tells. */
async function makeSpecial(
  tree: HeldTree,
  entry: Entry,
  { environment, signal }: CarryInSettings,
): Promise<void> {
  const mknod = findExecutable('mknod', environment);
  if (mknod === undefined) return;
  const [parent, name] = tree.parentOf(entry.path, true);
  const letters = { fifo: 'p', block: 'b', character: 'c' } as const;
  const device = BigInt(entry.device ?? '0');
  const numbers = entry.kind === 'fifo' ? [] : [String(major(device)), String(minor(device))];
  const kind = [letters[entry.kind as keyof typeof letters], ...numbers];
  const directory = `/proc/${process.pid}/fd/${parent.descriptor}`;
  await run({
    ...(typeof name === 'string'
      ? { file: mknod, args: ['--', `${directory}/${name}`, ...kind] }
      : { file: '/bin/sh', args: ['-c', byBytes, mknod, directory, octalOf(name), ...kind] }),
    environment: minimalEnvironment(environment),
    deadline: 10_000,
    signal,
  });
}

/** node gives a program texts alone: a name that is none is put together by a shell, which would drop its last line feeds. */
const byBytes = `name=$(printf %b_ "$2"); path=$1/\${name%_}; shift 2; exec "$0" -- "$path" "$@"`;

function octalOf(name: Buffer): string {
  return [...name].map((byte) => `\\0${byte.toString(8).padStart(3, '0')}`).join('');
}

/** makedev(3): how Linux packs the two numbers. */
function major(device: bigint): bigint {
  return ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
}

function minor(device: bigint): bigint {
  return (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
}

function describe(tree: HeldTree, entry: Entry): void {
  if (entry.path === '') return;
  const [parent, name] = tree.parentOf(entry.path, false);
  try {
    setMetadata(parent, name, entry);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
