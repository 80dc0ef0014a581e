/**
 * Work on several profiles at a time, drawn as one live list: how many are done, and a line for each that is at work.
 * A question that one of them asks has the terminal for itself: the list ends before it, and begins anew behind it.
 */
import { toCryptosyncError } from '../../system/errors.ts';
import type { Manner } from '../base-command.ts';
import { drawn } from './progress/tasks.ts';

export interface Fleet {
  /** Draws while all of it is at work. */
  during<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Shows one of them while it is at work. */
  one<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
  /** How far one of them has come. */
  tell(name: string, progress: string): void;
  /** Asks a person something. After one question that was left by Ctrl-C nobody is asked another. */
  asking<Answer>(ask: () => Promise<Answer>): Promise<Answer>;
}

/** @param title what is done to how many */
export function fleetOf(title: string, amount: number, manner: Manner): Fleet {
  const atWork = new Map<string, string>();
  let done = 0;
  let update: (progress: string) => void = () => {};
  const show = (): void => {
    const lines = [...atWork].map(([name, progress]) => `${name}  ${progress}`.trimEnd());
    update([`${done} of ${amount} done`, ...lines].join('\n'));
  };
  let list: { readonly end: () => void; readonly ended: Promise<void> } | undefined;
  const begin = (): void => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const ended = drawn(title, manner, async (shows) => {
      update = shows;
      show();
      await promise;
      update = () => {};
    });
    ended.catch(() => {}); // told where it is awaited
    list = { end: resolve, ended };
  };
  const end = async (): Promise<void> => {
    list?.end();
    await list?.ended;
    list = undefined;
  };
  let last: Promise<unknown> = Promise.resolve();
  let left: Error | undefined;
  return {
    async during(work) {
      begin();
      try {
        return await work();
      } finally {
        await end();
      }
    },
    async one(name, work) {
      atWork.set(name, '');
      show();
      try {
        return await work();
      } finally {
        atWork.delete(name);
        done += 1;
        show();
      }
    },
    tell(name, progress) {
      if (atWork.has(name)) atWork.set(name, progress);
      show();
    },
    asking(ask) {
      const answer = last.then(async () => {
        if (left !== undefined) throw left;
        await end();
        try {
          return await ask();
        } finally {
          begin();
        }
      });
      last = answer.catch((thrown: unknown) => {
        const error = toCryptosyncError(thrown);
        if (error.code === 'INTERRUPTED') left = error;
      });
      return answer;
    },
  };
}
