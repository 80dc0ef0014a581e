/**
 * A sync in a process of its own. What it takes to tell rclone a key (its obscured form, environments, texts that can't
 * be wiped) arises in that process and ends with it; this one holds bytes that it wipes.
 */
import type { TransferStats } from '../remotes/transfer.ts';
import { Secret } from '../secrets/secret.ts';
import type { Advice, Warn } from '../system/advice/index.ts';
import { CryptosyncError, type ErrorReport, interruption } from '../system/errors.ts';
import type { Worker } from '../system/process/worker.ts';
import type { ExecutorResult } from './executor.ts';
import type { ExecutorOptions, HeldEncryption } from './options.ts';
import { type Spare, startApart } from './spare.ts';

export interface ApartSettings {
  /** As the executor's. */
  readonly stateDirectory: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly onWarning: Warn;
  /** The process that waits for a sync, where one is kept; without it each sync starts its own. */
  readonly spare?: Spare | undefined;
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
  /** It has its work, and all secrets. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'progress'; readonly stats: TransferStats }
  | { readonly kind: 'warning'; readonly message: string; readonly advice?: Advice | undefined }
  | { readonly kind: 'result'; readonly result: ExecutorResult };

/**
 * As `RcloneSyncExecutor.sync`, in a process of its own that ends before this resolves, and with this process.
 * @param options whose key and salt stay the caller's to wipe.
 * @throws INTERRUPTED when the signal aborts; UNEXPECTED when the process ends without a result
 */
export async function syncApart(
  { stateDirectory, environment, onWarning, spare }: ApartSettings,
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
  const order: Order = { work, secrets, signal, onProgress, onWarning };
  const waiting = spare?.take();
  let told = await carryOut(waiting ?? startApart(environment), order);
  // one that died while it waited has touched nothing
  if (waiting !== undefined && !told.hasBegun) told = await carryOut(startApart(environment), order);
  if (told.result !== undefined) return told.result;
  throw new CryptosyncError('UNEXPECTED', `the sync of ${options.directory} ended without a result`, {
    cause: told.end,
  });
}

interface Order {
  readonly work: ApartWork;
  readonly secrets: readonly Secret[];
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ApartOptions['onProgress'];
  readonly onWarning: Warn;
}

interface CarriedOut {
  /** It had all that it needs. */
  readonly hasBegun: boolean;
  readonly result: ExecutorResult | undefined;
  /** How the process ended. */
  readonly end: string;
}

/** Gives a process its work, and waits for its end. @throws INTERRUPTED when the signal aborts and there is no result */
async function carryOut(
  child: Worker,
  { work, secrets, signal, onProgress, onWarning }: Order,
): Promise<CarriedOut> {
  let hasBegun = false;
  let result: ExecutorResult | undefined;
  child.employ({
    signal,
    onStdoutLine: (line) => {
      const news = JSON.parse(line) as ApartNews;
      if (news.kind === 'begun') hasBegun = true;
      else if (news.kind === 'progress') onProgress?.(news.stats);
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
  if (result === undefined && signal?.aborted) throw interruption(signal);
  return { hasBegun, result, end: `exit ${exitCode}: ${stderr}` };
}

function withoutSecrets({ key: _, salt: __, ...names }: HeldEncryption): ApartWork['encryption'] {
  return names;
}

/** A sink's own credentials may be Secrets, which JSON would leave out. */
function revealing(this: unknown, name: string, value: unknown): unknown {
  const own = (this as Record<string, unknown>)[name];
  return Secret.is(own) ? own.reveal().toString('utf8') : value;
}

/** A result's error as one that can be thrown. */
export function errorOf({ code, message, advice, details }: ErrorReport): CryptosyncError {
  return new CryptosyncError(code, message, { advice, details });
}
