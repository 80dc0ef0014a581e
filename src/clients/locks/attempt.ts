/**
 * Locks across processes by flock(2): the kernel gives the lock up when its holder dies, kill -9 included. Node has
 * no call for it, so flock(1) of util-linux locks a descriptor that this process keeps open: the lock belongs to the
 * open file description, which both share, and stays when flock has exited (flock(2)). Node opens files
 * close-on-exec, so no child takes the lock along.
 */
import { closeSync, fstatSync, statSync } from 'node:fs';
import type { Clock } from '../../system/clock.ts';
import { requireTool } from '../../system/dependencies.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { openToWrite } from '../../system/paths/regular-file.ts';
import { openTrustedToWrite } from '../../system/paths/trust.ts';
import { lastLines, runUnheard } from '../../system/process.ts';
import { directoryMode, fileMode } from '../layout.ts';
import { describeHolder } from './holder.ts';

export interface LockRequest {
  readonly path: string;
  /** A directory above it, below which no link is followed; default: the one that holds it. */
  readonly base?: string;
  /** It lies in a directory of ours among somebody's data: of the way there nothing is believed. */
  readonly isAmongData?: boolean;
  /** What is locked, for messages: `the vault of client1/default`. */
  readonly subject: string;
  /** What this process is doing, told to whoever finds the lock taken: `sync`. */
  readonly purpose: string;
  /** `shared` lets other shared holders in and keeps exclusive ones out. Default `exclusive`. */
  readonly kind?: 'exclusive' | 'shared';
  /** Milliseconds to wait for it, when it is taken alone; 0, the default, is not at all. */
  readonly wait?: number;
}

export interface LockDependencies {
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

export interface Attempt {
  /** Each holds one of the locks for as long as it is open. */
  readonly descriptors: readonly number[];
  /** The lock that another holds; then none is held. */
  readonly taken: LockRequest | undefined;
}

/** Tries to take locks, all or none, without waiting. @throws CONFIG_INVALID for a file of others; TOOL_MISSING */
export async function tryLocks(
  requests: readonly LockRequest[],
  dependencies: LockDependencies,
): Promise<Attempt> {
  for (;;) {
    const descriptors: number[] = [];
    try {
      for (const request of requests) descriptors.push(openFile(request));
      const taken = await firstTaken(requests, descriptors, dependencies);
      if (taken !== undefined) {
        descriptors.map(closeSync);
        return { descriptors: [], taken };
      }
      if (requests.every(({ path }, index) => isStillAt(descriptors[index] ?? -1, path))) {
        requests.forEach(({ purpose }, index) => {
          describeHolder(descriptors[index] ?? -1, purpose, dependencies.clock);
        });
        return { descriptors, taken: undefined };
      }
    } catch (error) {
      descriptors.map(closeSync);
      throw error;
    }
    // a directory above was moved away or replaced meanwhile: a file of it locks nothing any more
    descriptors.map(closeSync);
  }
}

function openFile({ path, base, isAmongData }: LockRequest): number {
  const making = { base, directoryMode, fileMode };
  return isAmongData === true ? openToWrite(path, making) : openTrustedToWrite(path, making);
}

function isStillAt(descriptor: number, path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  const own = fstatSync(descriptor);
  return there !== undefined && there.ino === own.ino && there.dev === own.dev;
}

/** flock(1): 1 is "taken" as asked for by `-E`; anything else is a failure of its own. */
const taken = 75;

/** To start one process costs more than all else about a lock: so a shell asks for several, one after the other. */
const oneAfterTheOther = `at=3
for kind; do
  "$0" "$kind" -n -E ${taken} $at || {
    code=$?
    [ $code = ${taken} ] && code=$((code + at - 3))
    exit $code
  }
  at=$((at + 1))
done`;

/** Locks each descriptor in turn. @returns the first that another holds; undefined when all are locked. */
async function firstTaken(
  requests: readonly LockRequest[],
  descriptors: readonly number[],
  { environment, signal }: LockDependencies,
): Promise<LockRequest | undefined> {
  if (requests.length === 0) return undefined;
  const flock = requireTool('flock', environment);
  const kinds = requests.map(({ kind }) => (kind === 'shared' ? '-s' : '-x'));
  const program =
    kinds.length === 1
      ? { file: flock, args: [...kinds, '-n', '-E', String(taken), '3'] }
      : { file: '/bin/sh', args: ['-c', oneAfterTheOther, flock, ...kinds] };
  const finished = await runUnheard(
    { ...program, environment: minimalEnvironment(environment), descriptors, deadline: 10_000, signal },
    [0, ...requests.map((_request, index) => taken + index)],
  );
  const { exitCode = -1, stderr } = finished;
  if (exitCode === 0) return undefined;
  const request = requests[exitCode - taken];
  if (request !== undefined) return request;
  const paths = requests.map(({ path }) => path).join(', ');
  throw new CryptosyncError('UNEXPECTED', `flock failed on ${paths}: ${lastLines(stderr, 2)}`);
}
