/** What the syncs of a session's mappings come to together. */

import type { SessionSync } from '../documents.ts';
import type { BroughtDown } from './bring-down.ts';

export const noSync: SessionSync = { outcome: 'none', files: 0, bytes: 0, generation: null };

/** The one that says most comes first. */
const outcomes = ['recovered', 'synced', 'empty', 'unchanged'] as const;

export function summary(parts: readonly BroughtDown[]): SessionSync {
  if (parts.length === 0) return noSync;
  const results = parts.flatMap(({ result }) => (result === undefined ? [] : [result]));
  const generations = results.map(({ generation }) => generation ?? 0);
  const conflicts = results.flatMap((result) => result.conflicts ?? []);
  const keptAt = results.flatMap((result) => result.keptAt ?? []);
  return {
    outcome: outcomes.find((one) => parts.some(({ outcome }) => outcome === one)) ?? 'none',
    files: results.reduce((sum, { filesTransferred }) => sum + filesTransferred, 0),
    bytes: results.reduce((sum, { bytesTransferred }) => sum + bytesTransferred, 0),
    generation: Math.max(0, ...generations) || null,
    ...(conflicts.length === 0 ? {} : { conflicts }),
    ...(keptAt.length === 0 ? {} : { keptAt }),
  };
}
