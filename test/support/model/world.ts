/**
 * Machines that sync with one place, as the model test plays them: each with a directory, a state directory and an
 * identity of its own. After every run it holds what happened against what must be true of all runs.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CryptKey, type CryptSettings, cryptRemote } from '../../../src/remotes/crypt.ts';
import { localDirectory, type Remote, rclonePath } from '../../../src/remotes/remote.ts';
import type { Direction, TransferMode } from '../../../src/remotes/tuning.ts';
import type { Job, JobRequest } from '../../../src/sync/job.ts';
import type { DirectionOutcome } from '../../../src/sync/result.ts';
import { runJob } from '../../../src/sync/run.ts';
import { directorySource, type SyncSource } from '../../../src/sync/source.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { type CryptosyncError, toCryptosyncError } from '../../../src/system/errors.ts';
import { type Log, silentLog } from '../../../src/system/log.ts';
import { cleanEnvironment } from '../serve.ts';

/** Where the machines of a world sync to. */
export interface ModelPlace {
  readonly raw: Remote;
  readonly crypt?: CryptSettings | undefined;
  readonly key?: CryptKey | undefined;
  readonly flags?: readonly string[];
  /** Names that its listing tells as others. */
  readonly garbles?: RegExp;
}

export interface Machine {
  readonly name: string;
  readonly directory: string;
  readonly state: string;
}

export function machineIn(world: string, name: string): Machine {
  return { name, directory: join(world, name, 'tree'), state: join(world, name, 'state') };
}

export interface Asked {
  readonly direction: Direction;
  readonly mode?: TransferMode;
  readonly request?: JobRequest;
  readonly signal?: AbortSignal;
  /** Milliseconds that deleted files are kept. */
  readonly keepDeleted?: number;
  /** What the directory is, where it is more than files. */
  readonly source?: Partial<SyncSource>;
}

export type Ended =
  | { readonly kind: 'done'; readonly outcome: DirectionOutcome; readonly triedAgain: readonly string[] }
  | { readonly kind: 'failed'; readonly error: CryptosyncError };

export function jobOf(
  machine: Machine,
  at: ModelPlace,
  { direction, mode = 'sync', request = {}, ...rest }: Asked,
): Job {
  const mapping = {
    source: { ...directorySource(machine.directory, 'the model'), ...rest.source },
    raw: at.raw,
    direction,
    mode,
    include: [],
    crypt: at.crypt,
  };
  const state = (name: string): string => join(machine.state, name);
  return {
    mapping,
    view: viewAt(at),
    request,
    profile: {},
    settings: {
      deleteLimit: { kind: 'share', percent: 100 },
      bandwidthLimit: undefined,
      flags: at.flags,
      include: [],
      keepDeleted: rest.keepDeleted ?? 30 * 86_400_000,
      keepGenerations: 1,
      fullEvery: 7 * 86_400_000,
    },
    recordFile: state('record.jsonl'),
    machine: `machine-${machine.name}`,
    sealKey: Buffer.alloc(32, 'seal'),
    localTrash: state('trash'),
    indexFile: state('index.jsonl'),
    baseFile: state('base.json'),
    bothWaysDirectory: state('bisync'),
  };
}

export async function runOn(machine: Machine, at: ModelPlace, asked: Asked): Promise<Ended> {
  const triedAgain: string[] = [];
  const log: Log = {
    ...silentLog,
    write(_level, message) {
      // a server may have its moods; a directory has none
      const isDirectory = localDirectory(at.raw) !== undefined;
      if (isDirectory && message.includes('sync tries again after')) triedAgain.push(message);
    },
  };
  const context = {
    environment: cleanEnvironment,
    clock: systemClock,
    log,
    warn: () => {},
    signal: asked.signal,
  };
  try {
    const outcome = await runJob(context, 'model', jobOf(machine, at, asked));
    return { kind: 'done', outcome, triedAgain };
  } catch (thrown) {
    return { kind: 'failed', error: toCryptosyncError(thrown) };
  }
}

/** A copy of all that lies at a place, made by rclone alone; the directory itself where the place is one. */
export function copyBack(at: ModelPlace, to: string): string {
  const directory = at.crypt === undefined ? localDirectory(at.raw) : undefined;
  if (directory !== undefined) return directory;
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to);
  rcloneAlone(at, (path) => ['copy', path(), to]);
  return to;
}

/** The place as its files go there. */
export function viewAt({ raw, crypt, key }: ModelPlace): Remote {
  return crypt === undefined || key === undefined ? raw : cryptRemote(raw, crypt, key);
}

/** rclone without the project's doing. @param call its arguments, given a path below the place as rclone has it */
export function rcloneAlone(
  at: ModelPlace,
  call: (path: (below?: string) => string) => readonly string[],
): void {
  const view = viewAt(at);
  const usual = ['--config', '/dev/null', '--no-unicode-normalization', '--retries', '1'];
  const args = [...call((below) => rclonePath(view, below)), ...usual, ...(at.flags ?? [])];
  const { status, stderr, error } = spawnSync('rclone', args, {
    env: { ...cleanEnvironment, ...view.environment },
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (error !== undefined) throw error;
  if (status !== 0 && !/directory not found/.test(stderr)) throw new Error(stderr);
}
