/**
 * What is mounted, read from the kernel's mount table (proc(5), /proc/pid/mountinfo) and never assumed. The table
 * says that something is mounted; only a call into the mount says that its daemon lives.
 */
import { type MountEntry, readMountTable } from '../../system/stores/mount-table.ts';
import { probeMount } from './mount-access.ts';

export { type MountEntry, readMountTable } from '../../system/stores/mount-table.ts';

/** What an engine's mount of a vault looks like in the table. */
export interface ExpectedMount {
  /** Resolved, absolute. */
  readonly mountDir: string;
  readonly fileSystemType: string;
  /** Any of these. */
  readonly sources: readonly string[];
}

export type MountState =
  | { readonly kind: 'unmounted' }
  | { readonly kind: 'mounted'; readonly entries: readonly MountEntry[] }
  /** Listed, but the daemon is dead: every call gives ENOTCONN (hazards.md G2). */
  | { readonly kind: 'stale'; readonly entries: readonly MountEntry[] }
  /** Something else is mounted there, or the vault by another user. */
  | { readonly kind: 'foreign'; readonly entries: readonly MountEntry[]; readonly reason: string }
  /** Listed as ours, but it can't be asked: no answer, or access denied. */
  | { readonly kind: 'unreadable'; readonly entries: readonly MountEntry[]; readonly reason: string };

/** Milliseconds that a mount has to answer a statfs. */
const answerDeadline = 5000;

type MountIdentity = Pick<ExpectedMount, 'fileSystemType' | 'sources'>;

/** True for a mount of the vault's encrypted directory, whatever the mount point. */
export function isMountOf({ fileSystemType, sources }: MountIdentity, entry: MountEntry): boolean {
  return entry.fileSystemType === fileSystemType && sources.includes(entry.source);
}

/** Where the vault's encrypted directory is mounted. */
export function mountsOf(identity: MountIdentity, table: readonly MountEntry[]): MountEntry[] {
  return table.filter((entry) => isMountOf(identity, entry));
}

/**
 * The state of a mount directory.
 * @param probe asks a mount whether it answers; the default is a child's statfs with a deadline.
 * @throws MOUNT_FAILED when the mount can't be asked at all
 */
export async function readMountState(
  expected: ExpectedMount,
  table: readonly MountEntry[] = readMountTable(),
  probe: (path: string) => ReturnType<typeof probeMount> = (path) => probeMount(path, answerDeadline),
): Promise<MountState> {
  const entries = table.filter((entry) => entry.mountPoint === expected.mountDir);
  const top = entries.at(-1);
  if (top === undefined) return { kind: 'unmounted' };
  if (!isMountOf(expected, top)) {
    return { kind: 'foreign', entries, reason: `${top.source} (${top.fileSystemType}) is mounted there` };
  }
  switch (await probe(expected.mountDir)) {
    case 'answers':
      return { kind: 'mounted', entries };
    case 'dead':
      return { kind: 'stale', entries };
    case 'silent':
      return {
        kind: 'unreadable',
        entries,
        reason: `the mount gave no answer within ${answerDeadline / 1000} s`,
      };
    case 'denied':
      return { kind: 'unreadable', entries, reason: `it was mounted by uid ${top.userId ?? 'unknown'}` };
  }
}
