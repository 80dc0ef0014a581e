/** Claimed tenants, and those whose server has ended. */
import { sessionLock } from '../../../clients/layout.ts';
import { sessionOnDisk } from '../../../sessions/on-disk.ts';
import type { ClientCase, Examination } from '../../examination.ts';
import { type Diagnosis, inOrder } from '../../finding.ts';

export function checkSession({ heldLocks }: Examination, { layout }: ClientCase): Diagnosis[] {
  const session = sessionOnDisk(layout, heldLocks.has(sessionLock(layout)));
  if (session === undefined) return [];
  const { client } = layout;
  const since = session.claimedAt ?? 'some time';
  if (session.state === 'active') return [inOrder('session', client, `it is claimed since ${since}`)];
  const sent =
    session.lastSuccess === null ? 'nothing was sent' : `the last was sent at ${session.lastSuccess}`;
  return [
    {
      id: 'session-interrupted',
      severity: 'warning',
      subject: client,
      what: `it was claimed at ${since}, and its server has ended without releasing it; ${sent}`,
      why: `What was written since lies in ${layout.sessionDirectory} alone, unencrypted.`,
      mend: { to: 'claim-again' },
    },
  ];
}
