/** Locks that are held, and by whom: told by the kernel (proc(5), fdinfo), without touching them. */
import { join } from 'node:path';
import { sessionLock } from '../../clients/layout.ts';
import { readLockHolder } from '../../clients/lock.ts';
import { namesIn } from '../../system/files.ts';
import type { ClientCase, Examination } from '../examination.ts';
import type { Diagnosis } from '../finding.ts';

/** A run that takes longer than this hangs, or moves a great deal. */
const longRun = 24 * 3_600_000;

export function checkLocks({ context, heldLocks }: Examination, { layout }: ClientCase): Diagnosis[] {
  // that of a session is held for as long as it is claimed, which is told elsewhere
  const locks = lockFiles(layout.locksDirectory).filter((path) => path !== sessionLock(layout));
  return locks.flatMap((path) => {
    const pid = heldLocks.get(path);
    if (pid === undefined) return [];
    const { purpose, since } = readLockHolder(path);
    const age = since === undefined ? 0 : context.clock.now().getTime() - Date.parse(since);
    const isLong = age > longRun;
    return [
      {
        id: isLong ? 'lock-held-long' : 'lock-held',
        severity: isLong ? ('warning' as const) : ('info' as const),
        subject: layout.client,
        what: `${purpose ?? 'a command'} (pid ${pid}) has held ${path} since ${since ?? 'some time'}`,
        why: 'Other commands on it end with LOCKED or wait.',
        mend: isLong ? { to: 'end-holder', pid } : null,
      },
    ];
  });
}

function lockFiles(directory: string): string[] {
  return namesIn(directory)
    .filter((name) => name.endsWith('.lock'))
    .map((name) => join(directory, name));
}
