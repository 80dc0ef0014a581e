/**
 * The tool's own small files on a remote. They go through rclone, except that a remote which is a directory of this
 * machine is written directly: atomically, which rclone 1.60 can't, and without starting a process for each.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CryptosyncError, errnoOf } from '../system/errors.ts';
import { ensureDirectory, isAbsence, writeFileAtomic } from '../system/files.ts';
import {
  questionDeadline,
  type RcloneCall,
  type RcloneDependencies,
  type RcloneResult,
  rclone,
} from './rclone.ts';
import { isNotFound, rcloneFailure } from './rclone-failure.ts';
import { localDirectory, placeOf, type Remote, rclonePath } from './remote.ts';

export interface ControlFiles {
  /** The content of a file below the remote's path, or undefined when there is none. */
  read(path: string): Promise<string | undefined>;
  write(path: string, content: string): Promise<void>;
  /** The names in a directory below the remote's path, directories with a slash behind; none when it is missing. */
  list(directory: string): Promise<string[]>;
  /** Removes a directory below the remote's path with all that is in it. */
  purge(directory: string): Promise<void>;
}

export function controlFiles(remote: Remote, dependencies: RcloneDependencies): ControlFiles {
  const directory = localDirectory(remote);
  return directory === undefined ? throughRclone(remote, dependencies) : onThisMachine(directory);
}

function throughRclone(remote: Remote, dependencies: RcloneDependencies): ControlFiles {
  const ask = async (call: Pick<RcloneCall, 'args' | 'input'>, action: string): Promise<RcloneResult> => {
    const result = await rclone(
      { ...call, configFile: remote.configFile, environment: remote.environment, deadline: questionDeadline },
      dependencies,
    );
    if (result.exitCode !== 0 && !isNotFound(result)) throw rcloneFailure(result, placeOf(remote), action);
    return result;
  };
  return {
    async read(path) {
      const result = await ask({ args: ['cat', rclonePath(remote, path)] }, `read ${path}`);
      // a remote without directories takes a missing object for an empty directory
      return isNotFound(result) || result.stdout === '' ? undefined : result.stdout;
    },
    async write(path, content) {
      const result = await ask({ args: ['rcat', rclonePath(remote, path)], input: content }, `write ${path}`);
      if (result.exitCode !== 0) throw rcloneFailure(result, placeOf(remote), `write ${path}`);
    },
    async list(below) {
      const result = await ask({ args: ['lsf', '--max-depth', '1', rclonePath(remote, below)] }, 'list it');
      return isNotFound(result) ? [] : result.stdout.split('\n').filter((name) => name !== '');
    },
    async purge(below) {
      await ask({ args: ['purge', rclonePath(remote, below)] }, `remove ${below}`);
    },
  };
}

function onThisMachine(root: string): ControlFiles {
  const guarded = <Result>(action: () => Result): Promise<Result> => {
    try {
      return Promise.resolve(action());
    } catch (error) {
      return Promise.reject(localFailure(root, error));
    }
  };
  const orNothing = <Result>(action: () => Result, nothing: Result): Result => {
    try {
      return action();
    } catch (error) {
      if (isAbsence(error)) return nothing;
      throw error;
    }
  };
  return {
    read: (path) => guarded(() => orNothing(() => readFileSync(join(root, path), 'utf8'), undefined)),
    write: (path, content) =>
      guarded(() => {
        ensureDirectory(dirname(join(root, path)), 0o700);
        writeFileAtomic(join(root, path), content, 0o600);
      }),
    list: (below) =>
      guarded(() =>
        orNothing(
          () =>
            readdirSync(join(root, below), { withFileTypes: true }).map((entry) =>
              entry.isDirectory() ? `${entry.name}/` : entry.name,
            ),
          [],
        ),
      ),
    purge: (below) => guarded(() => rmSync(join(root, below), { recursive: true, force: true })),
  };
}

function localFailure(root: string, error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const full = errno === 'ENOSPC' || errno === 'EDQUOT';
  const code = full
    ? 'DISK_FULL'
    : errno === 'EACCES' || errno === 'EPERM'
      ? 'REMOTE_AUTH_FAILED'
      : 'REMOTE_UNREACHABLE';
  return new CryptosyncError(
    code,
    `the remote directory ${root} can't be used: ${(error as Error).message}`,
    {
      cause: error,
    },
  );
}
