/** Brings every change that it is given to a place and to a second machine, in every direction, and looks at each. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Direction } from '../../../src/remotes/tuning.ts';
import type { DirectionOutcome } from '../../../src/sync/result.ts';
import { type Change, copyDisk, makeAfter, makeBefore } from './changes.ts';
import { differences, endedAs, faultsOfObjects, faultsOfPlace, shown, strayObjects } from './check.ts';
import { lookAt } from './look.ts';
import { type Asked, copyBack, type Machine, type ModelPlace, machineIn, runOn } from './world.ts';

export interface Carrying {
  /** For this world alone. */
  readonly directory: string;
  readonly place: ModelPlace;
  readonly changes: readonly Change[];
  readonly directions: readonly Direction[];
}

/** @returns the paths that were told as not carried @throws with what was not as it must be */
export async function carryChanges(carrying: Carrying): Promise<readonly string[]> {
  const { directory, place, directions } = carrying;
  const changes = carrying.changes.filter(({ path }) => place.garbles?.test(path) !== true);
  const [one, two] = ['first', 'second'].map((name) => {
    const machine = machineIn(directory, name);
    mkdirSync(machine.directory, { recursive: true });
    mkdirSync(machine.state, { mode: 0o700 });
    mkdirSync(join(directory, name, 'outside'));
    writeFileSync(join(directory, name, 'outside', 'same'), 'not ours');
    return machine;
  }) as [Machine, Machine];
  const uncarried = new Set<string>();
  const step = async (what: string, machine: Machine, asked: Asked): Promise<DirectionOutcome> => {
    const ended = await runOn(machine, carrying.place, asked);
    if (ended.kind === 'failed') throw new Error(`${what} ended as ${endedAs(ended)}`);
    const named = ended.outcome.notCarried ?? [];
    for (const { path } of named) uncarried.add(path);
    const faults = [...faultsAfter(carrying, machine, uncarried), ...ended.triedAgain];
    if (ended.outcome.consistent !== (named.length === 0))
      faults.push(`consistent is ${ended.outcome.consistent}`);
    if (faults.length > 0) throw new Error([what, ...faults.slice(0, 30)].join('\n  '));
    return ended.outcome;
  };
  const both = async (what: string): Promise<void> => {
    await step(`${what}: upload`, one, { direction: 'upload' });
    await step(`${what}: download`, two, { direction: 'download', request: { force: true } });
  };
  makeBefore(one.directory, changes);
  await both('before');
  makeAfter(one.directory, changes);
  await both('after');
  copyDisk(one.directory);
  const copied = await step('a copied disk', one, { direction: 'upload' });
  if (copied.transferred.bytes > 0) throw new Error(`a copied disk sent ${copied.transferred.bytes} bytes`);
  if (!directions.includes('bidirectional')) return [...uncarried];
  const together = async (what: string): Promise<void> => {
    await step(`${what}: sent both ways`, two, { direction: 'bidirectional' });
    await step(`${what}: taken both ways`, one, { direction: 'bidirectional' });
  };
  makeBefore(two.directory, changes);
  await together('back again');
  makeAfter(two.directory, changes);
  await together('and forth');
  return [...uncarried];
}

/** Machine and place hold the same, and nothing has gone through a link. */
function faultsAfter(
  { directory, place }: Carrying,
  machine: Machine,
  uncarried: ReadonlySet<string>,
): string[] {
  const copy = copyBack(place, join(directory, 'copy'));
  const { told, faults } = faultsOfPlace(copy);
  if (told === undefined) return ['there is no marker'];
  const here = lookAt(machine.directory);
  const left = [...here.keys(), ...told.tree.keys()].filter((path) => uncarried.has(shown(path)));
  // a directory stays where it is for what can't be carried in it
  const except = new Set(left.flatMap((path) => [path, ...parentsOf(path)]));
  faults.push(...differences(here, told.tree, { except }), ...faultsOfObjects(copy, told, except));
  if (except.size === 0) faults.push(...strayObjects(copy, lookAt(copy, ['.cryptosync']), told));
  for (const name of ['first', 'second'])
    if (readFileSync(join(directory, name, 'outside', 'same'), 'utf8') !== 'not ours')
      faults.push(`something was written through a link of the ${name} machine`);
  return faults;
}

function parentsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
