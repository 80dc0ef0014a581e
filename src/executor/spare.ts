/**
 * The processes of syncs, and one of them in advance: it has loaded all that a sync takes, and waits. It is given no key
 * before it is taken, carries out one sync, and ends with it as one that was started for it. When it dies while it waits,
 * the next sync has one started for it.
 */
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { operatorEnvironment } from '../system/environment.ts';
import { ownPart } from '../system/process/own-part.ts';
import { endingWithUs } from '../system/process/parent-death.ts';
import { startWorker, type Worker } from '../system/process/worker.ts';

/** Starts a process for one sync, which waits for it. */
export function startApart(environment: NodeJS.ProcessEnv): Worker {
  return startWorker({
    ...endingWithUs(
      { file: process.execPath, args: ['--disable-sigusr1', ownPart(import.meta.dirname, 'apart-child')] },
      environment,
    ),
    environment: childEnvironment(environment),
  });
}

/** One process that waits for the next sync. Whoever makes one closes it. */
export class Spare {
  readonly #environment: NodeJS.ProcessEnv;
  #waiting: Worker | undefined;
  #isClosed = false;

  /** @param environment what the syncs inherit */
  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  /** The one that waits, if there is one. The next is started as soon as the caller has given this one its work. */
  take(): Worker | undefined {
    const taken = this.#waiting;
    this.#waiting = undefined;
    setImmediate(() => this.#prepare());
    return taken;
  }

  /** Ends the one that waits. None is started any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.dismiss();
    await waiting?.ended;
  }

  #prepare(): void {
    if (this.#isClosed || this.#waiting !== undefined) return;
    const started = startApart(this.#environment);
    this.#waiting = started;
    void started.ended.then(() => {
      if (this.#waiting === started) this.#waiting = undefined;
    });
  }
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
