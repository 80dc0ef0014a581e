/**
 * The way to a directory, component by component, each looked at as it is opened.
 *
 * Above a base, which is what an operator named, a link is followed when nobody but root and this user can have set
 * it: it is theirs, and so is the directory that it stands in. Below a base no link is followed, whoever made it.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  type Stats,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errnoOf } from '../errors.ts';
import { isWithin } from '../names.ts';
import { HeldDirectory, type Located, named, notDirectory, pathOnly } from './held-directory.ts';
import { linkRefused } from './refusals.ts';

/** As many as Linux follows (path_resolution(7)). */
const mostLinks = 40;

export interface WalkOptions {
  /** A directory above the path, or the path itself: only above it links are followed. Default: the path. */
  readonly base?: string | undefined;
  /** Where the walk begins, when that lies above the base; default: `/`. */
  readonly from?: HeldWay | undefined;
  /** The mode of directories that are made where they are missing; left out, none is made. */
  readonly make?: number | undefined;
  /** Called for each directory that was made. */
  readonly onMade?: (path: string) => void;
  /** Looks at every directory and link on the way, and throws to refuse it. */
  readonly verify?: (path: string, stats: Stats) => void;
}

/** A directory that was opened once for the many walks that lead through it. */
export interface HeldWay {
  /** As whoever opened it wrote it: absolute, links not yet followed. */
  readonly path: string;
  readonly directory: HeldDirectory;
}

/** True when only root and this user can have made it, or put something else in its place. */
export function isOwn({ uid }: Pick<Stats, 'uid'>): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

/** True when others can make or rename entries of a directory; a sticky one leaves them what is theirs alone. */
export function isOpenToOthers({ mode }: Pick<Stats, 'mode'>): boolean {
  return (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
}

/**
 * Opens a directory. The caller closes it.
 * @throws CONFIG_INVALID for a link that is not followed; ENOENT, ENOTDIR, what `verify` throws
 */
export function openDirectory(path: string, options: WalkOptions = {}): HeldDirectory {
  const absolute = resolve(path);
  const base = resolve(options.base ?? absolute);
  const below = partsBelow(base, absolute);
  const from = options.from !== undefined && isWithin(base, options.from.path) ? options.from : undefined;
  const plain = from === undefined ? openPlain(absolute, options) : undefined;
  if (plain !== undefined) return plain;
  const walk: Walk = { held: from?.directory ?? openRoot(), from, options, linksLeft: mostLinks };
  try {
    if (from === undefined) options.verify?.('/', fstatSync(walk.held.descriptor));
    follow(walk, partsBelow(from?.path ?? '/', base));
    for (const name of below) step(walk, name, 'refuse');
    return walk.held === from?.directory ? reopened(walk.held) : walk.held;
  } catch (error) {
    leave(walk);
    throw error;
  }
}

/**
 * Most ways are plain: each directory of it is one, belongs to root or this user, and nobody else can make or rename
 * what is in it. So nobody else can change where it leads, and to look at each by its name is enough: that is a third of
 * the calls. Undefined for any other way, which is gone step by step.
 */
function openPlain(path: string, { verify }: WalkOptions): HeldDirectory | undefined {
  for (const each of waysTo(path)) {
    const stats = plainStats(each);
    if (stats === undefined) return undefined;
    verify?.(each, stats);
  }
  try {
    return new HeldDirectory(openSync(path, pathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW), path);
  } catch {
    return undefined; // gone meanwhile: the steps tell
  }
}

/** The root, each directory below it, and at last the path itself. */
function* waysTo(path: string): Generator<string> {
  yield '/';
  for (let end = path.indexOf('/', 1); end !== -1; end = path.indexOf('/', end + 1)) yield path.slice(0, end);
  if (path !== '/') yield path;
}

function plainStats(path: string): Stats | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isDirectory() && isOwn(stats) && !isOpenToOthers(stats) ? stats : undefined;
  } catch {
    return undefined; // what can't be looked at by its name may be told by the steps
  }
}

/** Opens a directory, gives it to `action` and closes it. @throws what openDirectory throws */
export function inDirectory<Result>(
  path: string,
  options: WalkOptions,
  action: (directory: HeldDirectory) => Result,
): Result {
  const directory = openDirectory(path, options);
  try {
    return action(directory);
  } finally {
    directory.close();
  }
}

/** Looks whether a directory is reached without a link that is not followed. @throws as openDirectory */
export function verifyWay(path: string, base?: string): void {
  openDirectory(path, { base }).close();
}

interface Walk {
  held: HeldDirectory;
  /** What stays open when the walk has left it. */
  readonly from: HeldWay | undefined;
  readonly options: WalkOptions;
  linksLeft: number;
}

function openRoot(): HeldDirectory {
  return new HeldDirectory(openSync('/', pathOnly | constants.O_DIRECTORY), '/');
}

function reopened(directory: HeldDirectory): HeldDirectory {
  return new HeldDirectory(openSync(directory.at('.'), pathOnly | constants.O_DIRECTORY), directory.path);
}

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

function partsBelow(base: string, path: string): string[] {
  if (isWithin(path, base)) return partsOf(path.slice(base.length));
  throw new Error(`${path} is not below ${base}`);
}

function follow(walk: Walk, parts: readonly string[]): void {
  const left = [...parts];
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    const target = step(walk, name, 'follow');
    if (target === undefined) continue;
    left.unshift(...partsOf(target));
    if (!target.startsWith('/')) continue;
    moveTo(walk, openRoot());
  }
}

function moveTo(walk: Walk, next: HeldDirectory): void {
  leave(walk);
  walk.held = next;
}

function leave({ held, from }: Walk): void {
  if (held !== from?.directory) held.close();
}

/** Goes one component on. @returns where a link leads that is to be followed; then the walk stays where it is */
function step(walk: Walk, name: string, links: 'follow' | 'refuse'): string | undefined {
  const { held, options } = walk;
  const path = name === '..' ? dirname(held.path) : held.pathOf(name);
  const { descriptor, stats } = locateOrMake(walk, name);
  const isLink = stats.isSymbolicLink();
  try {
    if (isLink && (links === 'refuse' || !isTrustedLink(held, stats))) throw linkRefused(path, stats.uid);
    if (!isLink && !stats.isDirectory()) throw notDirectory(path);
    options.verify?.(path, stats);
    if (isLink && walk.linksLeft === 0) throw tooManyLinks(path);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  if (!isLink) {
    moveTo(walk, new HeldDirectory(descriptor, path));
    return undefined;
  }
  closeSync(descriptor);
  walk.linksLeft -= 1;
  return named(path, () => readlinkSync(held.at(name)));
}

function isTrustedLink(directory: HeldDirectory, link: Stats): boolean {
  const above = fstatSync(directory.descriptor);
  return isOwn(link) && isOwn(above) && !isOpenToOthers(above);
}

function tooManyLinks(path: string): Error {
  const error = new Error(`ELOOP: too many symbolic links encountered, open '${path}'`);
  return Object.assign(error, { code: 'ELOOP', syscall: 'open', path });
}

function locateOrMake({ held, options: { make, onMade } }: Walk, name: string): Located {
  try {
    return held.locate(name);
  } catch (error) {
    if (make === undefined || errnoOf(error) !== 'ENOENT') throw error;
  }
  const path = held.pathOf(name);
  try {
    named(path, () => mkdirSync(held.at(name), make));
    onMade?.(path);
  } catch (error) {
    // somebody else was faster: what stands there now is looked at like everything else
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  return held.locate(name);
}
