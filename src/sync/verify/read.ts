/** Reading what lies at a place and comparing it with what was sent, byte by byte, through any crypt layer. */
import type { Place } from '../../remotes/place.ts';
import { toCryptosyncError } from '../../system/errors.ts';
import { failsAll } from '../fails-all.ts';
import { hashThere } from '../hash-there.ts';
import { inLanes } from '../lanes.ts';
import type { ManifestEntry } from '../tree/manifest-line.ts';
import type { Expected } from './compare.ts';
import type { Finding, Unchecked } from './findings.ts';

export interface ReadSettings {
  /** The paths at which an object may lie. */
  readonly pathsOf: (expected: Expected) => readonly string[] | Promise<readonly string[]>;
  /** Asked just before something is read. */
  readonly isNeeded: (expected: Expected) => boolean;
  readonly onRead: (expected: Expected, isSound: boolean) => void;
  readonly signal: AbortSignal | undefined;
}

/** @throws what the place as a whole fails with, INTERRUPTED */
export async function readAndCompare(
  place: Place,
  expected: readonly Expected[],
  { pathsOf, isNeeded, onRead, signal }: ReadSettings,
): Promise<{ readonly damaged: readonly Finding[]; readonly unchecked: readonly Unchecked[] }> {
  const damaged: Finding[] = [];
  const unchecked: Unchecked[] = [];
  await inLanes(
    expected,
    place.lanes,
    async (one) => {
      const { entry, object, hash } = one;
      if (!isNeeded(one)) return;
      try {
        const found = await foundAt(place, await pathsOf(one), hash);
        if (hash === undefined || (entry as ManifestEntry).isUnsettled === true) {
          if (found !== 'right') unchecked.push({ object, why: 'it kept changing while it was sent' });
        } else if (found !== 'right') damaged.push({ object, damage: found, entry });
        onRead(one, found === 'right');
      } catch (error) {
        if (failsAll(error)) throw error;
        const { code, message } = toCryptosyncError(error);
        // what a crypt layer can't decrypt was changed
        if (code === 'DECRYPTION_FAILED') damaged.push({ object, damage: 'content', entry });
        else unchecked.push({ object, why: message });
        onRead(one, false);
      }
    },
    signal,
  );
  return { damaged, unchecked };
}

async function foundAt(
  place: Place,
  paths: readonly string[],
  hash: string | undefined,
): Promise<'right' | 'missing' | 'content'> {
  let found: 'missing' | 'content' = 'missing';
  for (const path of paths) {
    const there = await hashThere(place, path);
    if (there === hash && hash !== undefined) return 'right';
    if (there !== undefined) found = 'content';
  }
  return found;
}
