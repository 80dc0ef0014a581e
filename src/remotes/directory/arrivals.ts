/**
 * How a file comes into a directory that is a place: under a name of ours in `.cryptosync/incoming`, and from there by
 * a rename, so that it is there whole or not at all. What a killed run has left there goes when the next one begins.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readdirSync, renameSync, unlinkSync } from 'node:fs';
import { errnoOf } from '../../system/errors.ts';
import { type EntryName, type HeldDirectory, named } from '../../system/paths/held-directory.ts';
import type { HeldTree } from '../../system/paths/held-tree.ts';
import { controlDirectory } from '../remote.ts';

export interface Arrivals {
  /** Lets `fill` write a new file, which has the mode that it is told, and puts it at a path, whose parents are made. */
  receive(to: string, fill: (descriptor: number, mode: number) => Promise<void> | void): Promise<void>;
}

const incoming = `${controlDirectory}/incoming`;
/** Names that runs give what arrives. */
const ours = /^[0-9a-f]+-\d+$/;

/** To be used by whoever may write to the place: it takes away what others have left arriving. */
export function arrivalsIn(directories: HeldTree): Arrivals {
  const own = randomBytes(6).toString('hex');
  let made = 0;
  // whatever a umask or an access list has made of it, it makes of all in this directory
  let mode: number | undefined;
  return {
    async receive(to, fill) {
      const staging = directories.enter(incoming, true);
      if (made === 0) removeLeftovers(staging);
      made += 1;
      const temporary = `${own}-${made}`;
      const descriptor = named(staging.pathOf(temporary), () => openSync(staging.at(temporary), 'wx', 0o600));
      try {
        try {
          mode ??= fstatSync(descriptor).mode & 0o777;
          await fill(descriptor, mode);
        } finally {
          closeSync(descriptor);
        }
        renameInto(directories, directories.enter(incoming, true), temporary, to);
      } catch (error) {
        removeQuietly(directories.enter(incoming, true), temporary);
        throw error;
      }
    },
  };
}

/** Moves an entry to a path of the tree, in the place of a file that stands there. */
export function renameInto(directories: HeldTree, from: HeldDirectory, name: EntryName, to: string): void {
  const [parent, last] = directories.parentOf(to, true);
  named(parent.pathOf(last), () => renameSync(from.at(name), parent.at(last)));
}

function removeLeftovers(staging: HeldDirectory): void {
  for (const name of readdirSync(`/proc/self/fd/${staging.descriptor}`)) {
    if (ours.test(name)) removeQuietly(staging, name);
  }
}

/** What can't be removed is in nobody's way. */
function removeQuietly(directory: HeldDirectory, name: string): void {
  try {
    unlinkSync(directory.at(name));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
