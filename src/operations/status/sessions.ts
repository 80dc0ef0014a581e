/** The sessions of tenants, as the tree and the kernel tell of them: what a server has in memory only it can tell. */
import { readHeldLocks } from '../../clients/held-locks.ts';
import { type ClientLayout, sessionLock } from '../../clients/layout.ts';
import type { SessionDocument } from '../../sessions/documents.ts';
import { sessionOnDisk } from '../../sessions/on-disk.ts';

/** Those of the tenants that are claimed, or were when their server ended. */
export function readSessionStatus(tenants: readonly ClientLayout[]): SessionDocument[] {
  const interrupted = tenants.flatMap((layout) => {
    const session = sessionOnDisk(layout, false);
    return session === undefined ? [] : [{ layout, session }];
  });
  // looking for locks reads much of /proc
  if (interrupted.length === 0) return [];
  const held = readHeldLocks();
  return interrupted.map(({ layout, session }) =>
    held.has(sessionLock(layout)) ? { ...session, state: 'active' } : session,
  );
}
