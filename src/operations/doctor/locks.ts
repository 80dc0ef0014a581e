/** Locks that are held, and by whom: told by the kernel (proc(5), fdinfo), without touching them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isAbsence, readTextIfPresent } from '../../system/files.ts';
import type { ClientCase, Examination } from './examination.ts';
import type { Diagnosis } from './finding.ts';

/** A run that takes longer than this hangs, or moves a great deal. */
const longRun = 24 * 3_600_000;

export function checkLocks({ context }: Examination, { layout }: ClientCase): Diagnosis[] {
  return lockFiles(layout.locksDirectory).flatMap((path) => {
    const pid = holderOf(path);
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
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.lock'))
      .map((name) => join(directory, name));
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

/** Whether anybody holds a vault's or client's lock. */
export function isHeld(path: string): boolean {
  return holderOf(path) !== undefined;
}

/** The process that has the file open and locked; another user's only as root. */
function holderOf(path: string): number | undefined {
  const written = description(path).pid;
  // the one that wrote its name into it, then any other
  const candidates = [
    ...(written === undefined ? [] : [String(written)]),
    ...readdirSync('/proc').filter((name) => /^\d+$/.test(name)),
  ];
  return candidates.map(Number).find((pid) => holds(pid, path));
}

function holds(pid: number, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some(
      (descriptor) =>
        readlinkSync(`/proc/${pid}/fd/${descriptor}`) === path &&
        /^lock:.*FLOCK/m.test(readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8')),
    );
  } catch {
    return false; // it has ended, or is somebody else's
  }
}

function description(path: string): { pid?: number; purpose?: string; since?: string } {
  try {
    return JSON.parse(readTextIfPresent(path) ?? '') as ReturnType<typeof description>;
  } catch {
    return {}; // empty: nobody has held it yet
  }
}
