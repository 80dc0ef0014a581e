/**
 * The frame of every command that changes something: what it decides by is read before it waits, so that what is
 * wrong is told at once, and read again when it holds its locks; only what is true then is acted on. Where the second
 * look asks for other locks, or for another answer, than the command has, the locks are given back and it begins anew.
 */
import { acquireLocks, type LockRequest } from '../clients/lock.ts';
import { interruption } from '../system/errors.ts';
import type { Around, Context } from './context.ts';

/** What is done under locks. */
export interface LockedWork<Seen, Result> {
  /** Reads all that decides. It changes nothing, and is called once before the locks and again under them. */
  readonly look: () => Seen | Promise<Seen>;
  /** The locks that this takes, in any order. */
  readonly locks: (seen: Seen) => readonly LockRequest[];
  readonly act: (seen: Seen) => Promise<Result>;
}

/** The same for what needs an answer, a password say, which is asked for while no lock is held. */
export interface AskingWork<Seen, Answers, Result> extends Omit<LockedWork<Seen, Result>, 'act'> {
  readonly ask: (seen: Seen) => Promise<Answers>;
  /** What the answers depend on, as plain data: when it has changed under the locks, they are asked for anew. */
  readonly question: (seen: Seen) => unknown;
  /** Wipes answers that are not needed any more. */
  readonly forget: (answers: Answers) => void;
  readonly act: (seen: Seen, answers: Answers) => Promise<Result>;
}

export interface Terms<Result> {
  /** Milliseconds for all locks together. */
  readonly wait: number;
  /** Draws the waiting and the work. */
  readonly around?: Around | undefined;
  /** Keeps a record of everything from the first waiting on. */
  readonly record?: (run: () => Promise<Result>) => Promise<Result>;
}

/** @throws LOCKED, and what `look` and `act` throw */
export async function underLocks<Seen, Result>(
  context: Pick<Context, 'environment' | 'clock' | 'signal'>,
  terms: Terms<Result>,
  work: LockedWork<Seen, Result>,
): Promise<Result> {
  return await underLocksAfterAsking(context, terms, {
    ...work,
    ask: async () => undefined,
    question: () => null,
    forget: () => {},
  });
}

/** @throws LOCKED, and what `look`, `ask` and `act` throw */
export async function underLocksAfterAsking<Seen, Answers, Result>(
  context: Pick<Context, 'environment' | 'clock' | 'signal'>,
  { wait, around = (run) => run(), record = (run) => run() }: Terms<Result>,
  work: AskingWork<Seen, Answers, Result>,
): Promise<Result> {
  let seen: Seen = await lookNow(work);
  let answers = await work.ask(seen);
  const until = context.clock.now().getTime() + wait;
  try {
    return await record(async () => {
      for (;;) {
        const left = Math.max(0, until - context.clock.now().getTime());
        const attempt = await around(() => attemptUnderLocks(context, left, work, { seen, answers }));
        if ('result' in attempt) return attempt.result;
        if (context.signal?.aborted) throw interruption(context.signal);
        if (differ(work.question(seen), work.question(attempt.seen))) {
          work.forget(answers);
          answers = await work.ask(attempt.seen);
        }
        seen = attempt.seen;
      }
    });
  } finally {
    work.forget(answers);
  }
}

/** @returns the result; or, when the locks or the answers are not the right ones (any more), what is seen now. */
async function attemptUnderLocks<Seen, Answers, Result>(
  context: Pick<Context, 'environment' | 'clock' | 'signal'>,
  wait: number,
  work: AskingWork<Seen, Answers, Result>,
  before: { readonly seen: Seen; readonly answers: Answers },
): Promise<{ readonly result: Result } | { readonly seen: Seen }> {
  const requests = work.locks(before.seen);
  const held = await acquireLocks(requests, wait, context);
  try {
    const seen = await lookNow(work);
    const isCovered = work
      .locks(seen)
      .every(({ path, kind }) =>
        requests.some((request) => request.path === path && (kind === 'shared' || request.kind !== 'shared')),
      );
    if (!isCovered || differ(work.question(before.seen), work.question(seen))) return { seen };
    return { result: await work.act(seen, before.answers) };
  } finally {
    held.release();
  }
}

async function lookNow<Seen>({ look }: { readonly look: () => Seen | Promise<Seen> }): Promise<Seen> {
  return look();
}

function differ(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}
