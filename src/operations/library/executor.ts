/**
 * The sync of a directory for programs: the same guards, key check, trash and commit as the command has, without a
 * tree of clients, a profile or an rclone.conf.
 */
import { createHash } from 'node:crypto';
import { isAbsolute, join } from 'node:path';
import { withLock } from '../../clients/lock.ts';
import { parseDeleteLimit } from '../../remotes/guard.ts';
import { rclonePath } from '../../remotes/remote.ts';
import { parseDuration, systemClock } from '../../system/clock.ts';
import { CryptosyncError, type ErrorReport, toCryptosyncError } from '../../system/errors.ts';
import { silentLog } from '../../system/log.ts';
import type { TransferContext } from '../context.ts';
import { viewOf } from '../sync/crypt-layer.ts';
import type { Route } from '../sync/mapping.ts';
import { planJob, runJob } from '../sync/run-job.ts';
import { defaultKeepDeleted, type Job } from '../sync/sync-job.ts';
import { planned, type SyncResult, successful, unsuccessful } from '../sync/sync-result.ts';
import { directorySource } from '../sync/sync-source.ts';
import { type CheckedOptions, checkOptions } from './check-options.ts';
import type { ExecutorOptions } from './options.ts';
import { type Target, targetOf } from './target.ts';

export interface ExecutorSettings {
  /**
   * A directory of the executor's own, an absolute path: locks, and what it remembers of its runs. Keep it from run to
   * run; it holds no secret. It is made when it is missing.
   */
  readonly stateDirectory: string;
  /** What rclone inherits (PATH, proxies, cloud credentials; never `RCLONE_*`). Default `process.env`. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** Told what does not stop a run, such as old trash that could not be removed. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** How a run ended. `source` and `remote` are null when the options could not be used. */
export interface ExecutorResult extends Omit<SyncResult, 'error' | 'strategy'> {
  /** True when it is done; a dry run, when it could be planned. */
  readonly success: boolean;
  /** Why not: a code, a sentence and the next step. It never holds a secret. */
  readonly error?: ErrorReport;
}

type Heading = Pick<SyncResult, 'source' | 'remote' | 'direction' | 'mode'>;

/** Runs syncs. One executor may run several at a time; two of the same directory exclude each other. */
export class RcloneSyncExecutor {
  readonly #settings: ExecutorSettings;

  /** @throws CONFIG_INVALID when the state directory is no absolute path */
  constructor(settings: ExecutorSettings) {
    if (typeof settings?.stateDirectory !== 'string' || !isAbsolute(settings.stateDirectory)) {
      throw new CryptosyncError('CONFIG_INVALID', 'the executor needs a stateDirectory, an absolute path');
    }
    this.#settings = settings;
  }

  /** Syncs one directory. It never rejects: whatever went wrong stands in the result. */
  async sync(options: ExecutorOptions): Promise<ExecutorResult> {
    const start = systemClock.now().getTime();
    const took = (): number => systemClock.now().getTime() - start;
    let heading: Heading = { source: null, remote: null, direction: 'upload', mode: 'sync' };
    let checked: CheckedOptions | undefined;
    try {
      checked = checkOptions(options);
      const { directory, direction, mode } = checked;
      heading = { ...heading, direction, mode };
      const target = targetOf(checked);
      heading = { ...heading, source: directory, remote: rclonePath(target.raw) };
      return reportOf(await this.#run(checked, target, heading, took));
    } catch (thrown) {
      return reportOf(unsuccessful(heading, toCryptosyncError(thrown), took()));
    } finally {
      checked?.key?.key.wipe();
      checked?.key?.salt?.wipe();
    }
  }

  async #run(
    options: CheckedOptions,
    target: Target,
    heading: Heading,
    took: () => number,
  ): Promise<SyncResult> {
    const { environment = process.env, onWarning = () => {} } = this.#settings;
    const { signal } = options;
    const context: TransferContext = {
      environment,
      clock: systemClock,
      log: silentLog,
      warn: onWarning,
      signal,
    };
    const job = this.#jobOf(options, target);
    return await this.#locked(options, context, async () =>
      options.dryRun
        ? planned(heading, await planJob(context, job), took())
        : successful(heading, await runJob(context, options.directory, job), took()),
    );
  }

  #jobOf(options: CheckedOptions, { raw, flags }: Target): Job {
    const { directory, owner, direction, mode, include, crypt, key, maxDelete, keepDeleted } = options;
    const { stateDirectory } = this.#settings;
    const route: Route = {
      source: directorySource(directory, owner),
      raw,
      direction,
      mode,
      include,
      crypt,
    };
    const state = (kind: string): string =>
      join(stateDirectory, `${kind}-${digestOf(directory, owner, rclonePath(raw))}`);
    return {
      mapping: route,
      view: viewOf(route, key),
      request: options,
      profile: {},
      settings: {
        deleteLimit: maxDelete === undefined ? undefined : parseDeleteLimit(maxDelete),
        bandwidthLimit: options.bandwidthLimit,
        flags,
        include,
        keepDeleted: parseDuration(keepDeleted ?? '') ?? defaultKeepDeleted,
      },
      indexFile: `${state('index')}.jsonl`,
      baseFile: `${state('base')}.json`,
      bisyncDirectory: state('bisync'),
    };
  }

  /** @throws CONFIG_INVALID when the executor's own files would be synced, LOCKED */
  async #locked<Result>(
    { directory, wait }: CheckedOptions,
    context: TransferContext,
    action: () => Promise<Result>,
  ): Promise<Result> {
    const { stateDirectory } = this.#settings;
    if (`${stateDirectory}/`.startsWith(`${directory}/`)) {
      throw new CryptosyncError(
        'CONFIG_INVALID',
        `the state directory ${stateDirectory} lies in ${directory}`,
        {
          hint: 'Give the executor a directory outside of what it syncs.',
        },
      );
    }
    const path = join(stateDirectory, 'locks', `${digestOf(directory)}.lock`);
    return await withLock({ path, subject: directory, purpose: 'sync', wait }, context, action);
  }
}

function digestOf(...texts: string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 24);
}

function reportOf({ error, strategy: _, ...result }: SyncResult): ExecutorResult {
  return { success: error === undefined, ...result, ...(error && { error: error.toReport() }) };
}
