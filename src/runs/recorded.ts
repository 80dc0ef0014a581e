/**
 * The frame around everything that changes something: whoever watches is told that it begins and how it ended.
 *
 * Told in this order: the log, the ledger, programs (`before` may put the run off or fail it), addresses, and whoever a
 * face or another floor adds. What only tells changes nothing of the outcome: its failure is a warning.
 */
import { nameOf } from '../clients/layout.ts';
import type { Warn } from '../system/advice/index.ts';
import type { Clock } from '../system/clock.ts';
import { type CryptosyncError, toCryptosyncError } from '../system/errors.ts';
import type { Log } from '../system/log.ts';
import { verifyTrusted } from '../system/paths/trust.ts';
import { wasInTrouble } from './former-run.ts';
import {
  type Ending,
  type Facts,
  newRunId,
  type RecordedLayout,
  type Run,
  type RunEnd,
  type RunObserver,
  resultOf,
  type Watching,
} from './observer.ts';
import { ledgerObserver } from './observers/ledger.ts';
import { logObserver } from './observers/log.ts';
import { watchersFor } from './observers/watchers.ts';

export type { Ending } from './observer.ts';

/** Where a run's beginning and end are told. */
export interface RunContext {
  readonly clock: Clock;
  readonly log: Log;
  /** Told once to the operator, on stderr. */
  readonly warn: Warn;
  /** Who else is told; nobody when left out. */
  readonly watching?: Watching | undefined;
}

/** What begins. */
export interface Beginning {
  readonly layout: RecordedLayout;
  /** `sync`, `mount`, `install`, … */
  readonly operation: string;
  /** What it sets out to do, for the log: `upload to r:path`. */
  readonly intent?: string | undefined;
  /** For the ledger's first line. */
  readonly facts?: Facts | undefined;
  /** Makes what the ledger stands in, where that may not be there yet. */
  readonly prepare?: (() => void) | undefined;
}

/** Runs `action`, and tells of its beginning and end, the profile's ledger included. */
export async function recorded<Result>(
  context: RunContext,
  { layout, operation, intent, facts = {}, prepare }: Beginning,
  action: () => Promise<Result>,
  describe: (result: Result) => Ending,
): Promise<Result> {
  const run: Run = { id: newRunId(), subject: nameOf(layout), layout, operation, intent, facts };
  const ledger = ledgerObserver(layout.ledger, context.clock, context.warn);
  const opening: RunObserver = {
    ...ledger,
    async began(begun) {
      prepare?.();
      verifyTrusted(layout.ledger, layout.directory);
      await ledger.began?.(begun);
    },
  };
  const observers = [logObserver(context.log), opening, ...(await watchersOf(context, run))];
  return await observed({ context, run, observers }, action, describe);
}

async function watchersOf({ watching, warn }: RunContext, run: Run): Promise<readonly RunObserver[]> {
  return watching === undefined ? [] : await watchersFor(watching, run, warn);
}

export interface LoggedRun {
  /** Whom it is about: `client1/default`, or a file for what belongs to no client. */
  readonly subject: string;
  readonly operation: string;
  readonly intent?: string | undefined;
}

/** Runs `action`, and writes its beginning and end into the log: for what has no ledger, or takes it away. */
export async function logged<Result>(
  context: Pick<RunContext, 'log' | 'clock' | 'warn'>,
  run: LoggedRun,
  action: () => Promise<Result>,
  { describe }: { readonly describe: (result: Result) => Ending },
): Promise<Result> {
  const frame = {
    context,
    run: { id: newRunId(), facts: {}, ...run },
    observers: [logObserver(context.log)],
  };
  return await observed(frame, action, describe);
}

interface Frame {
  readonly context: Pick<RunContext, 'clock' | 'warn'>;
  readonly run: Run;
  /** In the order in which they are told. */
  readonly observers: readonly RunObserver[];
}

async function observed<Result>(
  { context, run, observers }: Frame,
  action: () => Promise<Result>,
  describe: (result: Result) => Ending,
): Promise<Result> {
  const start = context.clock.now().getTime();
  const finish = async (ending: Ending): Promise<void> => {
    const { error } = ending;
    const durationMs = context.clock.now().getTime() - start;
    const end: RunEnd = { ...ending, result: resultOf(error), exitCode: error?.exit ?? 0, durationMs };
    const tell = (one: RunObserver, what: 'ended' | 'recovered'): Promise<void> =>
      withoutFailing(context, run, async () => one[what]?.(run, end));
    for (const observer of observers) await tell(observer, 'ended');
    if (end.result !== 'ok') return;
    const others = observers.filter(({ recovered }) => recovered !== undefined);
    if (others.length > 0 && isRecovery(run))
      for (const observer of others) await tell(observer, 'recovered');
  };
  let result: Result;
  let ending: Ending;
  try {
    for (const observer of observers) await observer.began?.(run);
    result = await action();
    ending = describe(result);
  } catch (thrown) {
    const error = toCryptosyncError(thrown);
    await finish({ outcome: outcomeOf(error), error });
    throw error;
  }
  await finish(ending);
  return result;
}

function outcomeOf({ code }: CryptosyncError): string {
  if (code === 'INTERRUPTED') return 'interrupted';
  return code === 'SKIPPED' ? 'skipped' : 'failed';
}

function isRecovery({ layout, ...run }: Run): boolean {
  try {
    return layout !== undefined && wasInTrouble(layout.ledger, run);
  } catch {
    return false; // that the ledger can't be read was told when it was written
  }
}

async function withoutFailing(
  { warn }: Pick<RunContext, 'warn'>,
  { subject, operation }: Run,
  tell: () => Promise<void>,
): Promise<void> {
  try {
    await tell();
  } catch (error) {
    warn(`${subject}: not everybody could be told how ${operation} ended: ${(error as Error).message}`);
  }
}
