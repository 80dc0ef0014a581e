/** Runs that are killed at random moments: what is committed must stay, and the next run must commit. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { differences, endedAs, everyContent, faultsOfObjects, faultsOfPlace, shown } from './check.ts';
import { apply, edit, initialTree } from './edits.ts';
import { missingOf } from './generations.ts';
import { lookAt } from './look.ts';
import { runProgram, runRequest } from './run-program.ts';
import { type Asked, copyBack, type Machine, type ModelPlace, machineIn, runOn } from './world.ts';

type Done = Extract<Awaited<ReturnType<typeof runOn>>, { kind: 'done' }>;

export interface Kills {
  /** For this world alone. */
  readonly directory: string;
  readonly place: ModelPlace;
  readonly directions: readonly Asked['direction'][];
  readonly count: number;
  readonly seed: number;
}

/** @throws with what was not as it must be, and after which kill */
export async function killAtRandom({ directory, place, directions, count, seed }: Kills): Promise<void> {
  const machines = ['first', 'second'].map((name) => machineIn(directory, name));
  for (const { directory: tree, state } of machines) {
    initialTree(tree);
    mkdirSync(state, { mode: 0o700 });
  }
  const [first, second] = machines as [Machine, Machine];
  const scratch = join(directory, 'copy');
  await mustBeDone(first, place, { direction: 'upload' }, 'the first upload');
  const values = fc.record({
    edits: fc.array(edit, { minLength: 3, maxLength: 8 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  // a run in both directions that was killed, and refused afterwards, is finished by no other
  let isOpen = false;
  for (const [index, { edits, share }] of fc.sample(values, { seed, numRuns: count }).entries()) {
    const direction: Asked['direction'] = isOpen
      ? 'bidirectional'
      : (directions[index % directions.length] ?? 'upload');
    const what = `kill ${index + 1} of seed ${seed}, ${direction}`;
    for (const one of edits) {
      if ('name' in one && place.garbles?.test(one.name)) continue;
      apply(first.directory, one);
    }
    if (direction === 'download')
      await mustBeDone(first, place, { direction: 'upload' }, `${what}: the upload before`);
    const machine = direction === 'download' ? second : first;
    const asked: Asked = { direction, request: direction === 'download' ? { force: true } : {} };
    await killed(machine, place, asked, share);
    const copy = copyBack(place, scratch);
    const { told, faults } = faultsOfPlace(copy);
    if (told === undefined) throw new Error(`${what}: the marker is gone`);
    const missing = missingOf(told, everyContent(copy)).map(
      (path) => `${shown(path)} of generation ${told.generation} is nowhere`,
    );
    if (faults.length + missing.length > 0) throw new Error([what, ...faults, ...missing].join('\n  '));
    const done = await mustBeDone(machine, place, asked, `${what}: the next run`);
    if (done !== undefined) verifyEqual(machine, { place, done, scratch }, `${what}: the next run`);
    isOpen = direction === 'bidirectional' && done === undefined;
    if (direction === 'bidirectional')
      await mustBeDone(second, place, { direction: 'download', request: { force: true } }, what);
  }
}

/** @returns what it ended with; undefined where it was refused for what the trees hold */
async function mustBeDone(
  machine: Machine,
  place: ModelPlace,
  asked: Asked,
  what: string,
): Promise<Done | undefined> {
  const ended = await runOn(machine, place, asked);
  if (ended.kind === 'done') return ended;
  const { code } = ended.error;
  // both sides hold what can't lie side by side, or nothing: a refusal that has nothing to do with the kill
  if (['CONFIG_INVALID', 'VAULT_EMPTY'].includes(code)) return undefined;
  throw new Error(`${what} ended as ${endedAs(ended)}`);
}

interface Equal {
  readonly place: ModelPlace;
  /** The run after which they are to be equal. */
  readonly done: Done;
  readonly scratch: string;
}

function verifyEqual(machine: Machine, { place, done, scratch }: Equal, what: string): void {
  const copy = copyBack(place, scratch);
  const { told, faults } = faultsOfPlace(copy);
  if (told === undefined) throw new Error(`${what}: there is no marker`);
  // a run that has nothing to commit names them by its outcome alone
  const uncarried = new Set((done.outcome.notCarried ?? []).map(({ path }) => path));
  const here = lookAt(machine.directory);
  const except = new Set([...here.keys(), ...told.tree.keys()].filter((path) => uncarried.has(shown(path))));
  const all = [
    ...faults,
    ...differences(here, told.tree, { except, contentOnly: true }),
    ...faultsOfObjects(copy, told, except),
  ];
  if (all.length > 0) throw new Error([what, ...all.slice(0, 20)].join('\n  '));
}

/** Milliseconds in which a small run is usually over. */
const usual = 1500;

async function killed(machine: Machine, place: ModelPlace, asked: Asked, share: number): Promise<void> {
  const child = spawn(process.execPath, [await runProgram(), runRequest(machine, place, asked)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), exited]);
  await Promise.race([sleep(share * usual), exited]);
  child.kill('SIGKILL');
  await exited;
  // an rclone of the killed run ends with it, as soon as it is told
  await sleep(200);
}
