/**
 * A place that is a directory of this machine. rclone would write through links that somebody sets there (R19, R25),
 * and leaves half a file under its final name when it is killed (R9): so it is handled here, by descriptors.
 */

import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  futimesSync,
  readdirSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { errnoOf } from '../../system/errors.ts';
import { settableTime } from '../../system/file-times.ts';
import { isAbsence, writeWhole } from '../../system/files.ts';
import {
  type EntryName,
  type HeldDirectory,
  named,
  notDirectory,
} from '../../system/paths/held-directory.ts';
import { HeldTree } from '../../system/paths/held-tree.ts';
import { readParts } from '../../system/paths/parts.ts';
import { openRegular } from '../../system/paths/regular-file.ts';
import { removeTree } from '../../system/paths/removal.ts';
import { roles, verifyReachable } from '../../system/stores/stores.ts';
import { eitherSignal } from '../../system/turns.ts';
import { fileWriter } from '../file-writer.ts';
import type { Pace } from '../pace.ts';
import type { Place, PlaceFeatures } from '../place.ts';
import { arrivalsIn, renameInto } from './arrivals.ts';
import { copyOpen, readBounded } from './content.ts';
import { directoryFailure, orNothing, orNothingThere } from './failure.ts';
import { flushFileSystem } from './flush.ts';
import { listDirectory, lookAt } from './listing.ts';
import { placesAbove, probeFeatures } from './probe.ts';

export interface DirectoryPlaceSettings {
  readonly root: string;
  readonly name: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly pace: Pace;
  readonly signal?: AbortSignal | undefined;
}

/** What is no directory is not taken for one that is empty. @throws ENOTDIR */
function verifyDirectory(root: string): void {
  const stats = statSync(root, { throwIfNoEntry: false });
  if (stats !== undefined && !stats.isDirectory()) throw notDirectory(root);
}

/** Milliseconds between two looks whether the store is alive: it costs more than to put a small file. */
const lookInterval = 100;

export function directoryPlace(settings: DirectoryPlaceSettings): Place {
  const { root, name, signal } = settings;
  const directories = new HeldTree(root);
  const arrivals = arrivalsIn(directories);
  let features: PlaceFeatures | undefined;
  let moved = 0;
  const pace: Pace = {
    async spend(bytes) {
      moved += bytes;
      await settings.pace.spend(bytes);
    },
  };
  let answered = Number.NEGATIVE_INFINITY;
  const guarded = async <Result>(action: () => Result | Promise<Result>): Promise<Result> => {
    directories.makeRoom();
    try {
      if (performance.now() - answered > lookInterval) {
        verifyReachable(root, roles.remote);
        verifyDirectory(root);
        answered = performance.now();
      }
      return await action();
    } catch (error) {
      answered = Number.NEGATIVE_INFINITY;
      directories.forget();
      throw directoryFailure(name, error);
    }
  };
  const inParent = <Result>(
    path: string,
    make: boolean,
    action: (parent: HeldDirectory, name: EntryName) => Result,
  ): Result => action(...directories.parentOf(path, make));
  const stream: Place['stream'] = (path, take) =>
    guarded(async () => {
      const from = orNothing(undefined, () =>
        inParent(path, false, (parent, last) => openRegular(parent, last, constants.O_RDONLY)),
      );
      if (from === undefined) return false;
      try {
        await readParts(from, take, { between: (bytes) => pace.spend(bytes), signal });
      } finally {
        closeSync(from);
      }
      return true;
    });
  return {
    name,
    // the calls of one disk come one after the other anyway
    lanes: 2,
    tellsContent: true,
    features: () =>
      guarded(() => {
        features ??= probeFeatures(root);
        return features;
      }),
    read: (path, limit) =>
      guarded(() =>
        orNothing(undefined, () =>
          inParent(path, false, (parent, last) =>
            readBounded(openRegular(parent, last, constants.O_RDONLY), path, limit),
          ),
        ),
      ),
    names: (path) =>
      guarded(() =>
        orNothingThere([], () =>
          readdirSync(`/proc/self/fd/${directories.enter(path, false).descriptor}`, {
            withFileTypes: true,
          }).map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)),
        ),
      ),
    look: (path) =>
      guarded(() =>
        orNothingThere(undefined, () => inParent(path, false, (parent, last) => lookAt(parent, last, path))),
      ),
    placesAbove: () => guarded(() => placesAbove(root)),
    movedBytes: () => moved,
    list: (onEntry, how = {}) =>
      guarded(() => listDirectory(root, onEntry, eitherSignal(signal, how.signal))),
    put: (source, path) =>
      guarded(async () => {
        await arrivals.receive(path, async (descriptor, mode) => {
          await copyOpen(source, descriptor, { pace, signal });
          const wanted = source.mode & 0o777;
          if (mode !== wanted) fchmodSync(descriptor, wanted);
          futimesSync(descriptor, settableTime(source.mtime), settableTime(source.mtime));
        });
        return 'done' as const;
      }),
    write: (path, content) =>
      guarded(() =>
        arrivals.receive(path, (descriptor) => {
          writeWhole(descriptor, content);
          fsyncSync(descriptor);
        }),
      ),
    stream,
    async get(path, target, onContent) {
      const { write, end } = fileWriter(target);
      const isThere = await stream(path, (part) => {
        onContent?.(part);
        write(part);
      });
      end();
      return isThere;
    },
    move: (from, to) =>
      guarded(() =>
        orNothing(false, () => {
          const [source, last] = directories.parentOf(from, false);
          closeSync(source.locate(last).descriptor);
          renameInto(directories, source, last, to);
          return true;
        }),
      ),
    moveDirectory: (from, to) =>
      guarded(() => {
        const [source, last] = directories.parentOf(from, false);
        renameInto(directories, source, last, to);
        directories.forget();
        return true;
      }),
    makeDirectory: (path) => guarded(() => void directories.enter(path, true)),
    removeEmptyDirectory: (path) =>
      guarded(() => {
        directories.forget();
        try {
          inParent(path, false, (parent, last) =>
            named(parent.pathOf(last), () => rmdirSync(parent.at(last))),
          );
        } catch (error) {
          if (!isAbsence(error) && !['ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(errnoOf(error) ?? ''))
            throw error;
        }
      }),
    removeFile: (path) =>
      guarded(() =>
        orNothing(undefined, () =>
          inParent(path, false, (parent, last) =>
            named(parent.pathOf(last), () => unlinkSync(parent.at(last))),
          ),
        ),
      ),
    removeTree: (path) =>
      guarded(() => {
        directories.forget();
        removeTree(`${root}/${path}`, root);
      }),
    flush: () => guarded(() => flushFileSystem(root, settings)),
    close: () => guarded(() => directories.forget()),
  };
}
