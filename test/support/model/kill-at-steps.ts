/** Runs that are killed before each of their steps: what is committed must stay, and the next run must end as if nothing had been. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { differences, endedAs, everyContent, faultsOfObjects, faultsOfPlace, lostContents } from './check.ts';
import { missingOf } from './generations.ts';
import { lookAt, type SeenTree } from './look.ts';
import { runProgram, runRequest } from './run-program.ts';
import { type Asked, copyBack, type Machine, type ModelPlace, machineIn, runOn } from './world.ts';

const dieAt = fileURLToPath(new URL('die-at.ts', import.meta.url));

export interface StepKills {
  /** For this world alone; the place lies below it, where it is a directory of this machine. */
  readonly directory: string;
  readonly place: ModelPlace;
  readonly direction: Asked['direction'];
  /** Before the first of each kind of step and after a link was made, or before every call that changes something. */
  readonly moments: 'steps' | 'calls';
  /** `everything` that a run may have to do, or the only file of a side, which another one replaces. */
  readonly scene?: Scene;
}

export const scenes = [
  'everything',
  'the only file goes',
  'the only file comes',
  'a link and a file share an object',
] as const;
type Scene = (typeof scenes)[number];

/** @returns what it was killed before @throws with what was not as it must be, and after which kill */
export async function killAtSteps(kills: StepKills): Promise<readonly string[]> {
  const { directory, place, direction, moments, scene = 'everything' } = kills;
  const world = join(directory, 'world');
  const [one, two] = await prepared(world, place, direction, scene);
  const machine = direction === 'download' ? two : one;
  const asked: Asked = { direction, request: direction === 'download' ? { force: true } : {} };
  const before = join(directory, 'before');
  execFileSync('cp', ['--archive', world, before]);
  const trace = join(directory, 'trace');
  const program = await runProgram();
  const run = (at: number | undefined): string[] => {
    writeFileSync(trace, '');
    const { status } = spawnSync(
      process.execPath,
      ['--import', dieAt, program, runRequest(machine, place, asked)],
      {
        env: {
          ...process.env,
          DIE_BELOW: world,
          DIE_TRACE: trace,
          ...(at !== undefined && { DIE_AT: String(at) }),
        },
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    if (at === undefined && status !== 0) throw new Error(`the undisturbed run ended with ${status}`);
    return readFileSync(trace, 'utf8').trimEnd().split('\n');
  };
  const steps = run(undefined).map(stepOf);
  const wanted = lookAt(machine.directory);
  const whole = faultsOfPlace(copyBack(place, join(directory, 'copy'))).told;
  if (whole === undefined || steps.length < 10) throw new Error(`too little was done: ${steps.join(', ')}`);
  const isFirst = (at: number): boolean => steps.indexOf(steps[at] ?? '') === at;
  const isAfterLink = (at: number): boolean => isFirst(at - 1) && steps[at - 1]?.startsWith('link') === true;
  const chosen = [...steps.keys()].filter((at) => moments === 'calls' || isFirst(at) || isAfterLink(at));
  for (const at of chosen) {
    rmSync(world, { recursive: true });
    execFileSync('cp', ['--archive', before, world]);
    const both = [one, two];
    const kept = both.flatMap(({ directory: tree, state }) => [tree, join(state, 'trash')]);
    const copy = (): string => copyBack(place, join(directory, 'copy'));
    const contents = everyContent(...kept, copy());
    run(at);
    const what = `killed before ${steps[at]} (${at})`;
    const { told, faults } = faultsOfPlace(copy());
    if (told === undefined) throw new Error(`${what}: the marker is gone`);
    const held = everyContent(...kept, ...both.map(({ state }) => state), copy());
    faults.push(...missingOf(told, everyContent(copy())).map((path) => `${path} is nowhere`));
    faults.push(...lostContents(contents, held));
    const first = await runOn(machine, place, asked);
    // what waits for a name to be free there is carried by the run after
    const isWaiting = first.kind === 'done' && (first.outcome.notCarried ?? []).length > 0;
    const ended = isWaiting ? await runOn(machine, place, asked) : first;
    if (ended.kind === 'failed') throw new Error(`${what}: the next run ended as ${endedAs(ended)}`);
    const after = faultsOfPlace(copy());
    if (after.told === undefined) throw new Error(`${what}: the next run left no marker`);
    faults.push(...after.faults, ...differences(timeless(wanted), timeless(lookAt(machine.directory))));
    faults.push(...differences(lookAt(machine.directory), after.told.tree, { contentOnly: true }));
    faults.push(...faultsOfObjects(copy(), after.told, new Set()));
    if (faults.length > 0) throw new Error([what, ...faults.slice(0, 20)].join('\n  '));
  }
  return chosen.map((at) => steps[at] ?? '');
}

/** The times of directories and links are those of a killed run when it had not set them: its owner may have meant them. */
function timeless(tree: SeenTree): SeenTree {
  return new Map(
    [...tree].map(([path, seen]) => [path, seen.kind === 'file' ? seen : { ...seen, mtime: 0n }]),
  );
}

/** The kind of a call and of what it changes, without the names that differ from file to file. */
function stepOf(line: string): string {
  const [call, path] = JSON.parse(line) as [string, string];
  const control = /\.cryptosync\/([a-z-]+)/.exec(path)?.[1];
  if (control !== undefined) return `${call} ${control} there`;
  const [top, side, ...rest] = path.split('/');
  if (top === 'place') return `${call} there`;
  if (side === 'tree') return `${call} here`;
  const file = rest.map((name) => name.replace(/^\.+/, '')).join('/');
  return `${call} ${/^(?:bisync\/)?[a-z]+/.exec(file)?.[0]} of the state`;
}

/** Two machines that have synced once, with everything that a run may have to do afterwards. */
async function prepared(
  world: string,
  place: ModelPlace,
  direction: Asked['direction'],
  scene: Scene,
): Promise<[Machine, Machine]> {
  const [first, second] = ['first', 'second'].map((name) => {
    const machine = machineIn(world, name);
    mkdirSync(machine.directory, { recursive: true });
    mkdirSync(machine.state, { mode: 0o700 });
    return machine;
  }) as [Machine, Machine];
  if (scene === 'everything') writeAll(first.directory);
  else if (scene === 'a link and a file share an object') {
    symlinkSync('old', join(first.directory, 'goes'));
    writeFileSync(join(first.directory, 'comes.rclonelink'), 'a file');
  } else {
    mkdirSync(join(first.directory, 'd'));
    writeFileSync(join(first.directory, 'd/only'), 'the only file');
  }
  await done(first, place, { direction: 'upload' });
  await done(second, place, { direction: 'download', request: { force: true } });
  if (scene === 'a link and a file share an object') {
    rmSync(join(first.directory, 'goes'));
    writeFileSync(join(first.directory, 'goes.rclonelink'), 'a file');
    rmSync(join(first.directory, 'comes.rclonelink'));
    symlinkSync('new', join(first.directory, 'comes'));
    if (direction === 'download') await done(first, place, { direction: 'upload' });
    return [first, second];
  }
  if (scene !== 'everything') {
    const { directory } = scene === 'the only file goes' ? first : second;
    rmSync(join(directory, 'd'), { recursive: true });
    writeFileSync(join(directory, 'd'), 'a file where a directory was');
    if (scene === 'the only file comes') await done(second, place, { direction: 'upload' });
    else if (direction === 'download') await done(first, place, { direction: 'upload' });
    return [first, second];
  }
  if (direction === 'bidirectional') {
    change(second.directory, 'there');
    await done(second, place, { direction: 'upload' });
  }
  change(first.directory, 'here');
  if (direction === 'download') await done(first, place, { direction: 'upload' });
  return [first, second];
}

async function done(machine: Machine, place: ModelPlace, asked: Asked): Promise<void> {
  const ended = await runOn(machine, place, asked);
  if (ended.kind === 'failed') throw ended.error;
}

function writeAll(tree: string): void {
  writeFileSync(join(tree, 'stays'), 'stays');
  for (const side of ['here', 'there']) {
    mkdirSync(join(tree, side, 'emptied'), { recursive: true });
    for (const name of ['edited', 'removed', 'renamed', 'moded', 'becomes a directory', 'emptied/one'])
      writeFileSync(join(tree, side, name), `${name} of ${side}`);
    symlinkSync('stays', join(tree, side, 'link'));
  }
}

function change(tree: string, side: 'here' | 'there'): void {
  const at = (name: string): string => join(tree, side, name);
  writeFileSync(at('edited'), `EDITED of ${side}`);
  writeFileSync(at('new'), `new of ${side}`);
  rmSync(at('removed'));
  renameSync(at('renamed'), at('renamed since'));
  chmodSync(at('moded'), 0o751);
  rmSync(at('becomes a directory'));
  mkdirSync(at('becomes a directory'));
  writeFileSync(at('becomes a directory/inner'), `inner of ${side}`);
  rmSync(at('emptied'), { recursive: true });
  rmSync(at('link'));
  symlinkSync('edited', at('link'));
  linkSync(at('new'), at('one more name'));
  mkdirSync(at('empty'));
}
