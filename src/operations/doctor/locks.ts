/** Locks that are held, and by whom: told by the kernel (proc(5), fdinfo), without touching them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn, readTextIfPresent } from '../../system/files.ts';
import type { ClientCase, Examination } from './examination.ts';
import type { Diagnosis } from './finding.ts';

/** A run that takes longer than this hangs, or moves a great deal. */
const longRun = 24 * 3_600_000;

export function checkLocks({ context, heldLocks }: Examination, { layout }: ClientCase): Diagnosis[] {
  return lockFiles(layout.locksDirectory).flatMap((path) => {
    const pid = heldLocks.get(path);
    if (pid === undefined) return [];
    const { purpose, since } = description(path);
    const age = since === undefined ? 0 : context.clock.now().getTime() - Date.parse(since);
    const isLong = age > longRun;
    return [
      {
        id: isLong ? 'lock-held-long' : 'lock-held',
        severity: isLong ? ('warning' as const) : ('info' as const),
        subject: layout.client,
        what: `${purpose ?? 'a command'} (pid ${pid}) has held ${path} since ${since ?? 'some time'}`,
        why: 'Other commands on it end with LOCKED or wait.',
        mend: isLong ? `look what it does, and end it if it hangs: kill ${pid}` : null,
      },
    ];
  });
}

function lockFiles(directory: string): string[] {
  return namesIn(directory)
    .filter((name) => name.endsWith('.lock'))
    .map((name) => join(directory, name));
}

/** The files that some process holds a lock on, with its pid; other users' only as root. */
export function readHeldLocks(): ReadonlyMap<string, number> {
  const held = new Map<string, number>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const path of lockedBy(pid)) held.set(path, Number(pid));
  }
  return held;
}

function lockedBy(pid: string): string[] {
  const descriptors = orNothing(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  return descriptors.flatMap((descriptor) => {
    const path = orNothing(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`));
    if (path?.endsWith('.lock') !== true) return [];
    const info = orNothing(() => readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8')) ?? '';
    return /^lock:.*FLOCK/m.test(info) ? [path] : [];
  });
}

/** A process may have ended in the meantime, closed the file, or belong to somebody else. */
function orNothing<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function description(path: string): { purpose?: string; since?: string } {
  try {
    return JSON.parse(readTextIfPresent(path) ?? '') as ReturnType<typeof description>;
  } catch {
    return {}; // empty: nobody has held it yet
  }
}
