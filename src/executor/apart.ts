/**
 * A sync in a process of its own. What it takes to tell rclone a key (its obscured form, environments, texts that can't
 * be wiped) arises in that process and ends with it; this one holds bytes that it wipes.
 */
import { existsSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { dirname, join } from 'node:path';
import type { TransferStats } from '../remotes/transfer.ts';
import { Secret } from '../secrets/secret.ts';
import type { Advice, Warn } from '../system/advice/index.ts';
import { operatorEnvironment } from '../system/environment.ts';
import { CryptosyncError, type ErrorReport, interruption } from '../system/errors.ts';
import { endingWithUs } from '../system/process/parent-death.ts';
import { startWorker } from '../system/process/worker.ts';
import type { ExecutorResult } from './executor.ts';
import type { ExecutorOptions, HeldEncryption } from './options.ts';

export interface ApartSettings {
  /** As the executor's. */
  readonly stateDirectory: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly onWarning: Warn;
}

export interface ApartOptions extends Omit<ExecutorOptions, 'encryption'> {
  readonly encryption: HeldEncryption | 'none';
}

/** What the child is told first, in one line; the key and the salt follow, a line each. */
export interface ApartWork {
  readonly stateDirectory: string;
  readonly options: Omit<ExecutorOptions, 'encryption' | 'signal' | 'onProgress'>;
  readonly encryption: Omit<HeldEncryption, 'key' | 'salt'> | 'none';
  readonly secrets: number;
}

/** What it tells, a line each. */
export type ApartNews =
  | { readonly kind: 'progress'; readonly stats: TransferStats }
  | { readonly kind: 'warning'; readonly message: string; readonly advice?: Advice | undefined }
  | { readonly kind: 'result'; readonly result: ExecutorResult };

/**
 * As `RcloneSyncExecutor.sync`, in a process of its own that ends before this resolves, and with this process.
 * @param options whose key and salt stay the caller's to wipe.
 * @throws INTERRUPTED when the signal aborts; UNEXPECTED when the process ends without a result
 */
export async function syncApart(
  { stateDirectory, environment, onWarning }: ApartSettings,
  { encryption, signal, onProgress, ...options }: ApartOptions,
): Promise<ExecutorResult> {
  if (signal?.aborted) throw interruption(signal);
  const secrets =
    encryption === 'none' ? [] : [encryption.key, encryption.salt].filter((one) => one !== undefined);
  const work: ApartWork = {
    stateDirectory,
    options,
    encryption: encryption === 'none' ? 'none' : withoutSecrets(encryption),
    secrets: secrets.length,
  };
  let result: ExecutorResult | undefined;
  const child = startWorker({
    ...endingWithUs({ file: process.execPath, args: ['--disable-sigusr1', childProgram()] }, environment),
    environment: childEnvironment(environment),
    signal,
    onStdoutLine: (line) => {
      const news = JSON.parse(line) as ApartNews;
      if (news.kind === 'progress') onProgress?.(news.stats);
      else if (news.kind === 'warning') onWarning(news.message, news.advice);
      else result = news.result;
    },
  });
  child.write(`${JSON.stringify(work, revealing)}\n`);
  for (const secret of secrets) {
    child.write(secret.reveal());
    child.write('\n');
  }
  const { exitCode, stderr } = await child.ended;
  if (result !== undefined) return result;
  if (signal?.aborted) throw interruption(signal);
  throw new CryptosyncError('UNEXPECTED', `the sync of ${options.directory} ended without a result`, {
    cause: `exit ${exitCode}: ${stderr}`,
  });
}

function withoutSecrets({ key: _, salt: __, ...names }: HeldEncryption): ApartWork['encryption'] {
  return names;
}

/** A sink's own credentials may be Secrets, which JSON would leave out. */
function revealing(this: unknown, name: string, value: unknown): unknown {
  const own = (this as Record<string, unknown>)[name];
  return Secret.is(own) ? own.reveal().toString('utf8') : value;
}

/**
 * What rclone's backends read, and nothing that tells node to open a debugger or load something. Where this process
 * keeps compiled code the child does so in the same folder, whose owner was looked at.
 */
function childEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const { NODE_OPTIONS: _, ...rest } = operatorEnvironment(environment);
  const cache = getCompileCacheDir();
  return cache === undefined ? rest : { ...rest, NODE_COMPILE_CACHE: dirname(cache) };
}

/** The program of the child beside this file, or above the chunk into which it was bundled. */
function childProgram(): string {
  for (let at = import.meta.dirname; at !== dirname(at); at = dirname(at)) {
    const found = ['apart-child.ts', 'apart-child.js'].map((name) => join(at, name)).find(existsSync);
    if (found !== undefined) return found;
  }
  throw new CryptosyncError('UNEXPECTED', `${import.meta.dirname} has no apart-child beside it`);
}

/** A result's error as one that can be thrown. */
export function errorOf({ code, message, advice, details }: ErrorReport): CryptosyncError {
  return new CryptosyncError(code, message, { advice, details });
}
