/** Tries random histories for as long as it is told, and tells of the shortest that fails. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { history } from './history.ts';
import { play } from './play.ts';
import type { ModelPlace } from './world.ts';

export interface Trial {
  /** Each history gets a directory of its own in it. */
  readonly directory: string;
  /** @param world the directory of one history, @param name of it alone */
  readonly placeIn: (world: string, name: string) => ModelPlace;
  readonly seed: number;
  readonly milliseconds: number;
  /** Where in the tree of values fast-check found a failure: it is tried again from there. */
  readonly path?: string | undefined;
}

export interface Tried {
  readonly histories: number;
  /** The seed, the shortest history, and what was not as it must be; undefined when all went well. */
  readonly failure: string | undefined;
}

export async function tryHistories({ directory, placeIn, seed, milliseconds, path }: Trial): Promise<Tried> {
  let histories = 0;
  const property = fc.asyncProperty(history, async (steps) => {
    const world = mkdtempSync(join(directory, 'world-'));
    histories += 1;
    try {
      await play(world, placeIn(world, `p${seed}-${histories}`), steps);
    } finally {
      rmSync(world, { recursive: true, force: true });
    }
  });
  const result = await fc.check(property, {
    seed,
    ...(path !== undefined && { path }),
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: milliseconds,
    markInterruptAsFailure: false,
  });
  // a first history that did not end in time is no failure
  if (!result.failed || result.counterexample === null) return { histories, failure: undefined };
  const error = result.errorInstance;
  const shortest = JSON.stringify(result.counterexample, undefined, 1);
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    histories,
    failure: `seed ${result.seed}, path ${result.counterexamplePath}\n${shortest}\n${told}`,
  };
}
