/**
 * Stores: the file systems below our paths. One that a daemon or a server serves can die or fall silent at any moment;
 * a path on it is not touched by a call of this process before a child has had an answer there. Paths on ordinary
 * disks cost a look at the mount table.
 */
import { constants, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { CryptosyncError, type ErrorCode, errnoOf } from '../errors.ts';
import { isAbsence, isDirectory } from '../files.ts';
import { ancestorsOf } from '../names.ts';
import { type MountEntry, readMountTable } from './mount-table.ts';
import { answerDeadline, type Health, probeDirectory } from './probe.ts';

/** Served by another program or another machine (`type` of mountinfo). */
const served =
  /^(fuse|nfs|cifs|smb|9p|ceph|afs|autofs|lustre|gfs|ocfs|glusterfs|beegfs|virtiofs|coda|ncpfs|orangefs|pvfs)/;

type Table = readonly MountEntry[];

type Sickness = Exclude<Health, { kind: 'alive' }>;

/** A store that can't be used, and why. */
interface SickStore {
  readonly mount: MountEntry;
  readonly health: Sickness;
}

/** What a look at a path told; no more of it is kept, because a fleet has thousands of paths. */
export interface Seen {
  readonly uid: number;
  /** As stat(2) has it, with the kind in it; 0 where nothing is there. */
  readonly mode: number;
}

interface Location {
  /** Absolute, without links as far as those can be followed. */
  readonly path: string;
  /** What it lies on; undefined where the table lists nothing above it. */
  readonly mount: MountEntry | undefined;
  /** The store on the way that can't be used. */
  readonly sick: SickStore | undefined;
  /** Undefined where nothing was looked at: at a mount point, or where this user may not look. */
  readonly seen: Seen | undefined;
}

/** What has been learned with a table, for as long as that is in use. */
interface Knowledge {
  /** Of several mounts on one point the last one, which lies on top. */
  readonly mounts: ReadonlyMap<string, MountEntry>;
  readonly health: Map<string, Health>;
  readonly locations: Map<string, Location>;
  /** What is served by others, by each directory that it is mounted below. */
  below: ReadonlyMap<string, readonly MountEntry[]> | undefined;
}

const nothing: Seen = { uid: 0, mode: 0 };

const known = new WeakMap<Table, Knowledge>();

function knowledgeOf(table: Table): Knowledge {
  const knowledge = known.get(table) ?? {
    mounts: new Map(table.map((entry) => [entry.mountPoint, entry])),
    health: new Map(),
    locations: new Map(),
    below: undefined,
  };
  known.set(table, knowledge);
  return knowledge;
}

/** Undefined where a store answers, or no daemon or server stands behind it. */
function sicknessOfMount(mount: MountEntry | undefined, { health }: Knowledge): SickStore | undefined {
  // with the root itself gone no child could ask
  if (mount === undefined || mount.mountPoint === '/' || !served.test(mount.fileSystemType)) return undefined;
  const answer = health.get(mount.mountPoint) ?? probeDirectory(mount.mountPoint);
  health.set(mount.mountPoint, answer);
  return answer.kind === 'alive' ? undefined : { mount, health: answer };
}

/** As many as Linux follows (path_resolution(7)). */
const mostLinks = 40;

/** Follows a path from its root, and stops in front of a store that does not answer. */
function locate(path: string, knowledge: Knowledge, linksLeft: number = mostLinks): Location {
  const before = knowledge.locations.get(path);
  if (before !== undefined) return before;
  const location =
    path === '/'
      ? { path, mount: knowledge.mounts.get(path), sick: undefined, seen: undefined }
      : follow(path, knowledge, linksLeft);
  knowledge.locations.set(path, location);
  return location;
}

function follow(path: string, knowledge: Knowledge, linksLeft: number): Location {
  const slash = path.lastIndexOf('/');
  const above = locate(slash === 0 ? '/' : path.slice(0, slash), knowledge, linksLeft);
  const here = (above.path === '/' ? '' : above.path) + path.slice(slash);
  const own = knowledge.mounts.get(here);
  const mount = own ?? above.mount;
  // a mount point is a directory: what is mounted on it need not be asked for that
  if (above.sick !== undefined || own !== undefined)
    return { path: here, mount, sick: above.sick, seen: undefined };
  const sick = sicknessOfMount(mount, knowledge);
  if (sick !== undefined) return { path: here, mount, sick, seen: undefined };
  const seen = look(here);
  const isLink = seen !== undefined && (seen.mode & constants.S_IFMT) === constants.S_IFLNK;
  const target = isLink ? unlessHidden(() => targetOf(here, linksLeft)) : undefined;
  return target === undefined
    ? { path: here, mount, sick, seen }
    : locate(resolve(above.path, target), knowledge, linksLeft - 1);
}

function look(path: string): Seen | undefined {
  return unlessHidden(() => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats === undefined ? nothing : { uid: stats.uid, mode: stats.mode };
  });
}

function targetOf(path: string, linksLeft: number): string {
  return linksLeft === 0 ? realpathSync(path) : readlinkSync(path); // the former says that there are too many
}

/** What lies below is not there, or not for this user: by its text the path is as good. */
function unlessHidden<Result>(ask: () => Result): Result | undefined {
  try {
    return ask();
  } catch (error) {
    if (isAbsence(error) || errnoOf(error) === 'EACCES') return undefined;
    throw error;
  }
}

function locationOf(path: string, table: Table): Location {
  const knowledge = knowledgeOf(table);
  // what is asked for again need not be resolved again
  return knowledge.locations.get(path) ?? locate(resolve(path), knowledge);
}

/**
 * The absolute path without symbolic links, as the mount table names it (hazards.md G13). It needs neither the file
 * nor a living store: what can't be looked at is taken by its text.
 */
export function resolvePath(path: string, table: Table = readMountTable()): string {
  return locationOf(path, table).path;
}

/**
 * Where an absolute path leads, and what stood there when it was first asked about with this table: for directories,
 * which hardly change within one look at a fleet.
 */
export function lookedAt(path: string, table: Table): Pick<Location, 'path' | 'seen'> {
  return locationOf(path, table);
}

function sicknessOf(path: string, table: Table): SickStore | undefined {
  const { sick, mount } = locationOf(path, table);
  return sick ?? sicknessOfMount(mount, knowledgeOf(table));
}

/** Of a directory itself, or of the first store that is mounted below it. */
function sicknessWithin(path: string, table: Table): SickStore | undefined {
  const own = sicknessOf(path, table);
  if (own !== undefined) return own;
  const knowledge = knowledgeOf(table);
  knowledge.below ??= servedBelow(knowledge.mounts.values());
  for (const mount of knowledge.below.get(locationOf(path, table).path) ?? []) {
    const sick = sicknessOfMount(mount, knowledge);
    if (sick !== undefined) return sick;
  }
  return undefined;
}

function servedBelow(mounts: Iterable<MountEntry>): Map<string, MountEntry[]> {
  const below = new Map<string, MountEntry[]>();
  for (const mount of mounts) {
    if (!served.test(mount.fileSystemType)) continue;
    for (const path of ancestorsOf(mount.mountPoint)) {
      const found = below.get(path);
      if (found === undefined) below.set(path, [mount]);
      else found.push(mount);
    }
  }
  return below;
}

/** Whether a path was a directory, links followed, as `lookedAt`. To be asked of a store that answers. */
export function isDirectoryAt(path: string, table: Table): boolean {
  const { seen } = locationOf(path, table);
  return seen === undefined ? isDirectory(path) : (seen.mode & constants.S_IFMT) === constants.S_IFDIR;
}

/**
 * Whether a path lies on a file system of this machine alone. Behind another stands a daemon or a server, whose clock is
 * not ours, and who may tell of a change late.
 */
export function isOnOwnDisk(path: string, table: Table): boolean {
  const { mount } = locationOf(path, table);
  return mount !== undefined && !served.test(mount.fileSystemType);
}

/** Why a path can't be used, for people: undefined where its store answers. It takes some seconds at the most. */
export function whySick(path: string, table: Table = readMountTable()): string | undefined {
  return said(sicknessOf(path, table));
}

/** The same of a directory and of all that is mounted below it. */
export function whySickWithin(path: string, table: Table = readMountTable()): string | undefined {
  return said(sicknessWithin(path, table));
}

function said(sick: SickStore | undefined): string | undefined {
  if (sick === undefined) return undefined;
  const { mount, health } = sick;
  const what = `the file system at ${mount.mountPoint} (${mount.fileSystemType})`;
  return health.kind === 'silent'
    ? `${what} gave no answer within ${answerDeadline / 1000} s`
    : `${what} has failed: ${health.says}`;
}

/** What a path is for, and the code of the failure where its store is sick. */
export interface Role {
  /** Such as `the encrypted directory`. */
  readonly what: string;
  readonly code: ErrorCode;
}

/** What is kept of clients, what holds ciphertext, and what is synced: without it nothing can be decided. */
export const roles = {
  root: { what: 'the root of the clients', code: 'VAULT_MISSING' },
  client: { what: 'the directory of the client', code: 'VAULT_MISSING' },
  ciphertext: { what: 'the encrypted directory', code: 'VAULT_MISSING' },
  source: { what: 'the source', code: 'VAULT_MISSING' },
  mountPoint: { what: 'the mount directory', code: 'MOUNT_FAILED' },
  remote: { what: 'the directory of the remote', code: 'REMOTE_UNREACHABLE' },
} as const satisfies Record<string, Role>;

/** The failure of whoever needs a path that can't be used. @param why from `whySick` or `whySickWithin` */
export function unusable({ what, code }: Role, path: string, why: string): CryptosyncError {
  return new CryptosyncError(code, `${what} ${path} can't be used: ${why}`, { advice: { to: 'mend-store' } });
}

/**
 * Makes sure that a path can be touched by a call that could not be taken back.
 * @throws the role's code when its store is dead or silent; nothing has been touched then
 */
export function verifyReachable(path: string, role: Role, table?: Table): void {
  const why = whySick(path, table);
  if (why !== undefined) throw unusable(role, path, why);
}
