/** The frame around everything that changes something: the log and the ledger say that it began and how it ended. */

import type { ProfileLayout } from '../clients/layout.ts';
import { beginRun, type LedgerRun } from '../clients/ledger.ts';
import { type CryptosyncError, toCryptosyncError } from '../system/errors.ts';
import type { Context } from './context.ts';

export interface Ending {
  /** One word, such as `mounted` or `synced`. */
  readonly outcome: string;
  /** For the ledger. */
  readonly facts?: Readonly<Record<string, unknown>>;
  /** For a failure that is reported as a result instead of thrown. */
  readonly error?: CryptosyncError | undefined;
}

/** A client and its profile as messages name them. */
export function nameOf({ client, profile }: Pick<ProfileLayout, 'client' | 'profile'>): string {
  return `${client}/${profile}`;
}

/**
 * Runs `action`, and records its beginning and end. A ledger that can't be written (a full disk) is a warning: the
 * work itself may still be possible.
 * @param prepare makes what the ledger stands in, where that may not be there yet.
 */
export async function recorded<Result>(
  context: Context,
  layout: ProfileLayout,
  operation: string,
  action: () => Promise<Result>,
  describe: (result: Result) => Ending,
  prepare: () => void = () => {},
): Promise<Result> {
  const name = nameOf(layout);
  context.log.write('INFO', `${name}: ${operation} begins`);
  let run: LedgerRun | undefined;
  try {
    prepare();
    run = tryLedger(context, () => beginRun(layout.ledger, operation, context.clock));
    const result = await action();
    const { outcome, facts, error } = describe(result);
    end(context, run, name, operation, outcome, { ...facts, ...(error && { error: error.code }) }, error);
    return result;
  } catch (thrown) {
    const error = toCryptosyncError(thrown);
    const outcome = error.code === 'INTERRUPTED' ? 'interrupted' : 'failed';
    end(context, run, name, operation, outcome, { error: error.code }, error);
    throw error;
  }
}

function end(
  context: Context,
  run: LedgerRun | undefined,
  name: string,
  operation: string,
  outcome: string,
  facts: Readonly<Record<string, unknown>>,
  error: CryptosyncError | undefined,
): void {
  tryLedger(context, () => run?.end(outcome, facts));
  const why = error === undefined ? '' : `: ${error.code} ${error.message}`;
  context.log.write(error === undefined ? 'INFO' : 'ERROR', `${name}: ${operation} ended: ${outcome}${why}`);
}

function tryLedger<Result>(context: Context, write: () => Result): Result | undefined {
  try {
    return write();
  } catch (error) {
    context.warn(`the ledger can't be written: ${(error as Error).message}`);
    return undefined;
  }
}
