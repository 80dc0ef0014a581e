/** Taking a session's files away when all of them were sent: without the key nothing can be read then. */
import { CryptosyncError } from '../../system/errors.ts';
import { type Ground, placeOf } from './ground.ts';
import { fetchedMappings } from './send-up.ts';

/** Whether the files may go: the next claim brings them back. */
export function isTakenAway({ workload }: Ground): boolean {
  return workload.policy.afterRelease !== 'keep' && workload.policy.onRelease !== 'none';
}

/**
 * Takes away what a claim brings back; a mapping with something that was not sent stays whole.
 * @param begun true to end what was stopped in the middle
 * @returns why something stays, in words
 */
export async function takeAway(ground: Ground, { begun }: { readonly begun: boolean }): Promise<string[]> {
  const notes: string[] = [];
  for (const mapping of fetchedMappings(ground)) {
    try {
      await ground.vacate(placeOf(ground, mapping), { begun });
    } catch (error) {
      if (!(error instanceof CryptosyncError) || error.code !== 'LOCAL_CHANGES') throw error;
      notes.push(`${error.message}: its files stay here, unencrypted, and the next claim goes on from them`);
    }
  }
  return notes;
}
