/**
 * A place behind rclone. It is given single files to put, move and fetch, each under the name that we decided on, and
 * is never asked what differs: `NoCheckDest` lets it copy without a look at what stands there. A file of this machine
 * is handed over as an open descriptor (proc(5), /proc/PID/fd), so no link can lead rclone to another one, and its
 * name is none of rclone's business.
 */

import type { CryptosyncError } from '../../../system/errors.ts';
import { withScratchFile } from '../../../system/scratch-file.ts';
import { eitherSignal } from '../../../system/turns.ts';
import { notKept, type Place, type PlaceFeatures, type Source, usualLanes } from '../../place.ts';
import { controlFiles, isControl, placeOf, type Remote, rclonePath } from '../../remote.ts';
import { questionDeadline, type RcloneDependencies } from '../call.ts';
import { isRefusal, rcloneFailure } from '../failure.ts';
import { countIn } from '../flags/flags.ts';
import { statsOf, type TransferStats } from '../log.ts';
import { isRestless } from '../restless.ts';
import { aboveOf } from './above.ts';
import { fetchContent, readContent, streamContent } from './contents.ts';
import {
  type Answer,
  type DaemonSettings,
  notFound,
  type RcloneDaemon,
  startDaemon,
  transferDeadline,
} from './daemon.ts';
import { askFeatures, type Failed } from './features.ts';
import { listInLanes } from './lane-list.ts';
import { lanesOf, moversOf, wholeOf, withoutLane } from './lanes.ts';
import { listPlace, nanosecondsOf } from './listing.ts';
import { onceUnlocked } from './locked.ts';
import { asksOnce, moveOnce } from './moving.ts';
import { watchTransfers } from './watch.ts';

export type RclonePlaceSettings = Omit<DaemonSettings, 'configFile' | 'environment'>;

/** Milliseconds for removing a directory of ours with all that is in it. */
const purgeDeadline = 3_600_000;
/** A difference is nothing for rclone to look for, and a name is the name that it is given. */
const config = { NoCheckDest: true, IgnoreTimes: true, NoUnicodeNormalization: true };

export function rclonePlace(
  remote: Remote,
  settings: RclonePlaceSettings,
  dependencies: RcloneDependencies,
): Place {
  const { configFile, environment } = remote;
  const readStats = async (): Promise<TransferStats | undefined> => {
    const answer = await daemon.call('core/stats', {}, questionDeadline);
    return answer.kind === 'done' ? { ...statsOf(answer.value), eta: undefined } : undefined;
  };
  const watch = watchTransfers(remote, dependencies, readStats);
  const { signal } = dependencies;
  const either = eitherSignal(signal, watch.lost);
  const daemon: RcloneDaemon = startDaemon(
    { ...settings, configFile, environment, onRecord: watch.look },
    { ...dependencies, signal: either },
  );
  const lanes = lanesOf(remote);
  const whole = wholeOf(remote);
  const movers = moversOf(remote);
  const isCareful = movers.length > 0;
  const moving = isCareful ? asksOnce : {};
  const own = `:local,copy_links=true:/proc/${process.pid}/fd`;
  const turns = { lane: 0, mover: 0 };
  let asked: Promise<PlaceFeatures> | undefined;
  const lane = (): string => {
    turns.lane += 1;
    return lanes[turns.lane % lanes.length] ?? whole;
  };
  // through a layer each lane would have to derive the key first
  const near = (): string => (remote.below === undefined ? lane() : whole);
  const mover = (): Remote => {
    turns.mover += 1;
    return movers[turns.mover % movers.length] ?? remote;
  };
  const fail = (answer: Failed, action: string): CryptosyncError =>
    rcloneFailure(
      {
        exitCode: 1,
        errors: [withoutLane(answer.error)],
        timedOut: answer.kind === 'failed' && answer.timedOut,
      },
      placeOf(remote),
      action,
    );
  const ask = async (
    method: string,
    input: object,
    action: string,
    deadline = questionDeadline,
  ): Promise<boolean> => {
    const answer = await onceUnlocked(() => daemon.call(method, input, deadline), signal);
    if (answer.kind === 'done') return true;
    if (isMissing(answer)) return false;
    throw fail(answer, action);
  };
  const asking = { daemon, own, config, isMissing, fail, look: (path: string) => place.look(path) };
  const place: Place = {
    name: placeOf(remote),
    lanes: countIn(settings.flags, 'transfers') ?? usualLanes,
    tellsContent: false,
    features() {
      asked ??= askFeatures(daemon, remote, fail);
      return asked;
    },
    async read(path, limit) {
      const content = await readContent(near(), path, limit, asking);
      // a store without directories takes a missing object for an empty directory
      return content?.length === 0 ? undefined : content;
    },
    async names(directory) {
      const answer = await daemon.call(
        'operations/list',
        { fs: near(), remote: directory },
        questionDeadline,
      );
      if (isMissing(answer) || isBelowFile(answer)) return [];
      if (answer.kind !== 'done') throw fail(answer, `list ${directory === '' ? 'it' : directory}`);
      const list = (answer.value['list'] ?? []) as { Name: string; IsDir: boolean }[];
      return list.map(({ Name, IsDir }) => (IsDir ? `${Name}/` : Name));
    },
    async look(path) {
      const input = { fs: lane(), remote: path, opt: { filesOnly: true, noMimeType: true } };
      const answer = await daemon.call('operations/stat', input, questionDeadline);
      if (isMissing(answer) || isBelowFile(answer)) return undefined;
      if (answer.kind !== 'done') throw fail(answer, `look at ${path}`);
      const item = answer.value['item'] as { Size: number; ModTime: string } | null;
      return item === null
        ? undefined
        : { path, kind: 'file', size: item.Size, mtime: nanosecondsOf(item.ModTime) };
    },
    async placesAbove() {
      const found: string[] = [];
      for (const above of aboveOf(remote)) {
        const isOurs = async (file: string): Promise<boolean> => {
          const answer = await daemon.call(
            'operations/stat',
            { fs: above.fs, remote: file },
            questionDeadline,
          );
          // what may not be asked is none of ours
          return answer.kind === 'done' && answer.value['item'] !== null;
        };
        if ((await isOurs(controlFiles[0])) || (await isOurs(controlFiles[1]))) found.push(above.shown);
      }
      return found;
    },
    movedBytes: watch.movedBytes,
    async list(onEntry, { hash, signal: unwanted } = {}) {
      const until = eitherSignal(dependencies.signal, unwanted);
      const flags = settings.flags ?? [];
      const listed =
        lanes.length === 1 ? undefined : await listInLanes({ ...asking, lanes, hash, flags, signal: until });
      if (listed !== undefined) for (const entry of listed) onEntry(entry);
      else await listPlace(remote, { onEntry, hash, flags }, { ...dependencies, signal: until });
    },
    async put(source, path) {
      const copy = (): Promise<Answer> =>
        daemon.call(
          'operations/copyfile',
          {
            srcFs: own,
            srcRemote: String(source.descriptor),
            dstFs: lane(),
            dstRemote: path,
            _config: config,
          },
          transferDeadline,
        );
      const answer = await watch.during(() => onceUnlocked(copy, signal));
      if (answer.kind === 'done') return 'done';
      if (isRestless(answer.error)) return 'restless';
      throw fail(answer, `put ${path}`);
    },
    async write(path, content) {
      await withScratchFile(content, async (descriptor) => {
        const source: Source = {
          descriptor,
          size: content.length,
          mtime: BigInt(Date.now()) * 1_000_000n,
          mode: 0o600,
        };
        if ((await place.put(source, path)) !== 'done') throw notKept(place.name, path);
      });
    },
    stream: (path, take) => watch.during(() => streamContent(lane(), path, take, asking)),
    get: (path, descriptor, onContent) =>
      watch.during(() => fetchContent(lane(), path, { descriptor, onContent }, asking)),
    async move(from, to) {
      const fs = isCareful ? rclonePath(mover()) : whole;
      const how = { srcFs: fs, srcRemote: from, dstFs: fs, dstRemote: to, _config: { ...config, ...moving } };
      const move = (): Promise<Answer> => daemon.call('operations/movefile', how, transferDeadline);
      const unlocked = (): Promise<Answer> => onceUnlocked(move, signal);
      const isAt = (path: string) => async () => (await place.look(path)) !== undefined;
      const careful = { ask: unlocked, isAtSource: isAt(from), isAtTarget: isAt(to) };
      const answer = await watch.during(() => (isCareful ? moveOnce(careful, signal) : unlocked()));
      if (answer.kind === 'done') return true;
      if (isMissing(answer)) return false;
      throw fail(answer, `move ${from}`);
    },
    async moveDirectory(from, to) {
      const { movesDirectories } = await place.features();
      if (!movesDirectories) return false;
      const carrier = mover();
      const [srcFs, dstFs] = [from, to].map((path) => rclonePath(carrier, path));
      const input = { srcFs, dstFs, ...(isCareful && { _config: asksOnce }) };
      const answer = await daemon.call('sync/move', input, transferDeadline);
      return answer.kind === 'done';
    },
    async makeDirectory(path) {
      await ask('operations/mkdir', { fs: whole, remote: path }, `make the directory ${path}`);
    },
    async removeEmptyDirectory(path) {
      const answer = await daemon.call('operations/rmdir', { fs: whole, remote: path }, questionDeadline);
      // one that is not empty, or not there, is none of our business
      if (answer.kind === 'failed' && (answer.timedOut || isRefusal(answer.error)))
        throw fail(answer, `remove the directory ${path}`);
    },
    async removeFile(path) {
      await ask('operations/deletefile', { fs: whole, remote: path }, `remove ${path}`);
    },
    async removeTree(path) {
      if (!isControl(path)) throw new Error(`not ours to remove: ${path}`);
      await ask('operations/purge', { fs: whole, remote: path }, `remove ${path}`, purgeDeadline);
    },
    flush: async () => {},
    close: () => daemon.stop(),
  };
  return place;
}

/** rclone's words for "it is not there"; a store without directories says it of an empty one. */
function isMissing(answer: { readonly kind: string; readonly error?: string }): boolean {
  return answer.kind !== 'done' && notFound.test(answer.error ?? '');
}

/** What a directory of this machine, below crypt, says of a path below a file: there is nothing. */
function isBelowFile(answer: { readonly kind: string; readonly error?: string }): boolean {
  return answer.kind !== 'done' && /: not a directory$/.test(answer.error ?? '');
}
