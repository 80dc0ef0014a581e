/**
 * Stores: the file systems below our paths. One that a daemon or a server serves can die or fall silent at any moment;
 * a path on it is not touched by a call of this process before a child has had an answer there. Paths on ordinary
 * disks cost a look at the mount table.
 */
import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CryptosyncError, type ErrorCode, errnoOf } from '../errors.ts';
import { isAbsence } from '../files.ts';
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

interface Location {
  /** Absolute, without links as far as those can be followed. */
  readonly path: string;
  /** The store on the way that can't be used. */
  readonly sick?: SickStore | undefined;
}

/** What has been learned with a table, for as long as that is in use. */
interface Knowledge {
  /** Of several mounts on one point the last one, which lies on top. */
  readonly mounts: ReadonlyMap<string, MountEntry>;
  readonly health: Map<string, Health>;
  readonly locations: Map<string, Location>;
}

const known = new WeakMap<Table, Knowledge>();

function knowledgeOf(table: Table): Knowledge {
  const knowledge = known.get(table) ?? {
    mounts: new Map(table.map((entry) => [entry.mountPoint, entry])),
    health: new Map(),
    locations: new Map(),
  };
  known.set(table, knowledge);
  return knowledge;
}

/** Undefined where the store at a path answers, or no daemon or server stands behind it. */
function sickStoreAt(path: string, { mounts, health }: Knowledge): SickStore | undefined {
  let point = path;
  while (point !== '/' && !mounts.has(point)) point = dirname(point);
  const mount = mounts.get(point);
  // with the root itself gone no child could ask
  if (point === '/' || mount === undefined || !served.test(mount.fileSystemType)) return undefined;
  const answer = health.get(point) ?? probeDirectory(point);
  health.set(point, answer);
  return answer.kind === 'alive' ? undefined : { mount, health: answer };
}

/** As many as Linux follows (path_resolution(7)). */
const mostLinks = 40;

/** Follows a path from its root, and stops in front of a store that does not answer. */
function locate(path: string, knowledge: Knowledge, linksLeft: number = mostLinks): Location {
  if (path === '/') return { path };
  const before = knowledge.locations.get(path);
  if (before !== undefined) return before;
  const location = follow(path, knowledge, linksLeft);
  knowledge.locations.set(path, location);
  return location;
}

function follow(path: string, knowledge: Knowledge, linksLeft: number): Location {
  const above = locate(dirname(path), knowledge, linksLeft);
  const here = (above.path === '/' ? '' : above.path) + path.slice(path.lastIndexOf('/'));
  // a mount point is a directory: what is mounted on it need not be asked for that
  if (above.sick !== undefined || knowledge.mounts.has(here)) return { ...above, path: here };
  const sick = sickStoreAt(here, knowledge);
  if (sick !== undefined) return { path: here, sick };
  const target = linkAt(here, linksLeft);
  return target === undefined
    ? { path: here }
    : locate(resolve(above.path, target), knowledge, linksLeft - 1);
}

function linkAt(path: string, linksLeft: number): string | undefined {
  try {
    if (!lstatSync(path).isSymbolicLink()) return undefined;
    if (linksLeft === 0) return realpathSync(path); // which says that there are too many
    return readlinkSync(path);
  } catch (error) {
    // what lies below is not there, or not for this user: by its text the path is as good
    if (isAbsence(error) || errnoOf(error) === 'EACCES') return undefined;
    throw error;
  }
}

/**
 * The absolute path without symbolic links, as the mount table names it (hazards.md G13). It needs neither the file
 * nor a living store: what can't be looked at is taken by its text.
 */
export function resolvePath(path: string, table: Table = readMountTable()): string {
  return locate(resolve(path), knowledgeOf(table)).path;
}

function sicknessOf(path: string, table: Table): SickStore | undefined {
  const knowledge = knowledgeOf(table);
  const { path: resolved, sick } = locate(resolve(path), knowledge);
  return sick ?? sickStoreAt(resolved, knowledge);
}

/** Why a path can't be used, for people: undefined where its store answers. It takes some seconds at the most. */
export function whySick(path: string, table: Table = readMountTable()): string | undefined {
  const sick = sicknessOf(path, table);
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

/**
 * Makes sure that a path can be touched by a call that could not be taken back.
 * @throws the role's code when its store is dead or silent; nothing has been touched then
 */
export function verifyReachable(path: string, { what, code }: Role, table?: Table): void {
  const why = whySick(path, table);
  if (why === undefined) return;
  throw new CryptosyncError(code, `${what} ${path} can't be used: ${why}`, { advice: { to: 'mend-store' } });
}
