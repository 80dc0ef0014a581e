/**
 * The sync of a directory for programs: the same guards, key check, trash and commit as the command has, without a
 * tree of clients, a profile or an rclone.conf.
 */

import { isAbsolute, join } from 'node:path';
import { withLock } from '../clients/lock.ts';
import { machineId } from '../clients/machine.ts';
import { describeExposure } from '../remotes/configuration.ts';
import { wipeKey } from '../remotes/crypt.ts';
import { rclonePath } from '../remotes/remote.ts';
import { parseDeleteLimit } from '../remotes/tuning.ts';
import { derivedSealKey } from '../secrets/derived-seal.ts';
import type { TransferContext } from '../sync/context.ts';
import { vacate } from '../sync/here/vacate.ts';
import { defaultFullEvery, defaultKeepDeleted, defaultKeepGenerations, type Job } from '../sync/job.ts';
import { viewOf } from '../sync/layer.ts';
import { planned, type SyncResult, successful, unsuccessful } from '../sync/result.ts';
import type { Route } from '../sync/route.ts';
import { planJob, runJob } from '../sync/run.ts';
import { directorySource } from '../sync/source.ts';
import type { Warn } from '../system/advice/index.ts';
import { parseDuration, systemClock } from '../system/clock.ts';
import { shortDigest } from '../system/digest.ts';
import { CryptosyncError, type ErrorReport, toCryptosyncError } from '../system/errors.ts';
import { silentLog } from '../system/log.ts';
import { isWithin } from '../system/names.ts';
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
  readonly onWarning?: Warn | undefined;
}

/** How a run ended. `source` and `remote` are null when the options could not be used. */
export interface ExecutorResult extends Omit<SyncResult, 'error' | 'strategy'> {
  /** True when it is done; a dry run, when it could be planned. */
  readonly success: boolean;
  /** Why not: a code, a sentence and an advice. It never holds a secret. */
  readonly error?: ErrorReport;
}

/** Milliseconds that a vacating waits for a run with the directory. */
const vacatePatience = 10_000;

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
      if (checked?.key !== undefined) wipeKey(checked.key);
    }
  }

  /**
   * Takes a directory's content away that lies at its target as it is here: all of it or nothing. The next download
   * brings it back. The directory itself stays.
   * @param begun true to end what was stopped in the middle
   * @returns how many files and links were taken away
   * @throws LOCAL_CHANGES when something was not sent as it is, LOCKED, CONFIG_INVALID
   */
  async vacate(
    options: Pick<ExecutorOptions, 'directory' | 'target' | 'owner' | 'include' | 'signal'>,
    { begun = false }: { readonly begun?: boolean } = {},
  ): Promise<number> {
    const checked = checkOptions({ ...options, encryption: 'none', wait: vacatePatience });
    const context = this.#contextFor(checked.signal);
    const job = this.#jobOf(checked, targetOf(checked));
    return await this.#locked(checked, context, async () => (await vacate(context, job, begun)).removed);
  }

  #contextFor(signal: AbortSignal | undefined): TransferContext {
    const { environment = process.env, onWarning = () => {} } = this.#settings;
    return { environment, clock: systemClock, log: silentLog, warn: onWarning, signal };
  }

  async #run(
    options: CheckedOptions,
    target: Target,
    heading: Heading,
    took: () => number,
  ): Promise<SyncResult> {
    const context = this.#contextFor(options.signal);
    this.#verifyOutside(options.directory);
    if (target.exposed.length > 0) context.warn(describeExposure(target.raw.name, target.exposed));
    const job = this.#jobOf(options, target);
    try {
      return await this.#locked(options, context, async () =>
        options.dryRun
          ? planned(heading, await planJob(context, job), took())
          : successful(heading, await runJob(context, options.directory, job), took()),
      );
    } finally {
      job.sealKey?.fill(0);
    }
  }

  #jobOf(options: CheckedOptions, { raw, flags, bandwidthLimit }: Target): Job {
    const { directory, owner, direction, mode, include, crypt, key, maxDelete, keepDeleted } = options;
    const { stateDirectory } = this.#settings;
    const route: Route = {
      source: directorySource(directory, owner, { mayBeEmpty: options.mayBeEmpty === true }),
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
        bandwidthLimit: options.bandwidthLimit ?? bandwidthLimit,
        flags,
        include,
        keepDeleted: parseDuration(keepDeleted ?? '') ?? defaultKeepDeleted,
        keepGenerations: options.keepGenerations ?? defaultKeepGenerations,
        fullEvery: defaultFullEvery,
      },
      recordFile: `${state('record')}.jsonl`,
      machine: machineId(stateDirectory),
      sealKey: key === undefined ? undefined : derivedSealKey(key),
      localTrash: join(stateDirectory, 'trash', digestOf(directory, owner, rclonePath(raw))),
      indexFile: `${state('index')}.jsonl`,
      baseFile: `${state('base')}.json`,
      bothWaysDirectory: state('bisync'),
    };
  }

  /** Nothing of the executor's own may be synced. @throws CONFIG_INVALID */
  #verifyOutside(directory: string): void {
    const { stateDirectory } = this.#settings;
    if (!isWithin(stateDirectory, directory)) return;
    const where = `the state directory ${stateDirectory} lies in ${directory}`;
    throw new CryptosyncError('CONFIG_INVALID', where, { advice: { to: 'give-state-directory-outside' } });
  }

  /** @throws LOCKED */
  async #locked<Result>(
    { directory, wait }: CheckedOptions,
    context: TransferContext,
    action: () => Promise<Result>,
  ): Promise<Result> {
    const path = join(this.#settings.stateDirectory, 'locks', `${digestOf(directory)}.lock`);
    return await withLock({ path, subject: directory, purpose: 'sync', wait }, context, action);
  }
}

function digestOf(...texts: string[]): string {
  return shortDigest(JSON.stringify(texts), 24);
}

function reportOf({ error, strategy: _, ...result }: SyncResult): ExecutorResult {
  return { success: error === undefined, ...result, ...(error && { error: error.toReport() }) };
}
