/** Plays a history, and throws with all faults as soon as something is not as it must be. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  differences,
  endedAs,
  everyContent,
  faultsOfObjects,
  faultsOfPlace,
  lostContents,
  missingOf,
  shown,
  strayObjects,
} from './check.ts';
import { apply, initialTree } from './edits.ts';
import type { Told } from './generations.ts';
import type { Step, Way } from './history.ts';
import { lookAt } from './look.ts';
import {
  type Asked,
  copyBack,
  type Ended,
  type Machine,
  type ModelPlace,
  machineIn,
  runOn,
} from './world.ts';

interface Player extends Machine {
  /** The generation that it knows of. */
  at: string | undefined;
}

interface World {
  readonly place: ModelPlace;
  readonly players: readonly Player[];
  readonly scratch: string;
  readonly committed: Told[];
  /** The machine whose run did not end. */
  begun: string | undefined;
}

const current = ({ committed }: World): Told | undefined => committed.at(-1);

/** @param directory of this history alone @throws with what was not as it must be */
export async function play(directory: string, place: ModelPlace, steps: readonly Step[]): Promise<void> {
  const players = ['first', 'second'].map((name) => ({ ...machineIn(directory, name), at: undefined }));
  const world: World = { place, players, scratch: join(directory, 'copy'), committed: [], begun: undefined };
  for (const { directory: tree, state } of players) {
    initialTree(tree);
    mkdirSync(state, { mode: 0o700 });
  }
  const done: string[] = [];
  for (const { on, edits, way, after } of [...steps, ...ending]) {
    const player = players[on] as Player;
    for (const one of edits) {
      if ('name' in one && place.garbles?.test(one.name)) continue;
      apply(player.directory, one);
    }
    const { ended, faults } = await syncAndCheck(world, player, way, after);
    done.push(`${player.name} ${way}: ${endedAs(ended)}`);
    if (faults.length === 0) continue;
    throw new Error([...faults.slice(0, 20), 'after', ...done].join('\n  '));
  }
}

/** Whatever was before: what the first machine holds is meant, and reaches the second one. */
const ending: readonly Step[] = [
  { on: 0, edits: [], way: 'take over', after: 0 },
  { on: 0, edits: [], way: 'upload', after: 0 },
  { on: 1, edits: [], way: 'forced download', after: 0 },
] as unknown as Step[];

function askedFor(way: Way | 'take over', after: number): Asked {
  const signal = way.endsWith('interrupted') ? { signal: AbortSignal.timeout(after) } : {};
  if (way === 'take over') return { direction: 'upload', request: { takeOver: true } };
  if (way === 'copy') return { direction: 'upload', mode: 'copy' };
  if (way === 'upload, full') return { direction: 'upload', request: { full: true } };
  if (way === 'forced download') return { direction: 'download', request: { force: true } };
  if (way.startsWith('download')) return { direction: 'download', request: { force: true }, ...signal };
  return { direction: way.startsWith('both') ? 'bidirectional' : 'upload', ...signal };
}

async function syncAndCheck(
  world: World,
  player: Player,
  way: Way,
  after: number,
): Promise<{ ended: Ended; faults: string[] }> {
  const asked = askedFor(way, after);
  const places = world.players.flatMap(({ directory, state }) => [directory, join(state, 'trash')]);
  const before = everyContent(...places, copyBack(world.place, world.scratch));
  const treeBefore = lookAt(player.directory);
  const ended = await runOn(player, world.place, asked);
  const copy = copyBack(world.place, world.scratch);
  const held = everyContent(...places, copy);
  const faults = [...lostContents(before, held)];
  // nobody disturbs these runs: what needs a second try did something wrong at the first
  if (ended.kind === 'done') faults.push(...ended.triedAgain);
  const { told, faults: torn } = faultsOfPlace(copy);
  faults.push(...torn);
  const known = current(world);
  if (known !== undefined && told === undefined) faults.push('the marker is gone');
  const isNew = told !== undefined && told.id !== known?.id;
  if (isNew) {
    if (told.generation !== (known?.generation ?? 0) + 1)
      faults.push(`generation ${told.generation} follows ${known?.generation}`);
    world.committed.push(told);
  }
  if (told !== undefined) faults.push(...judge({ world, player, asked, ended, told, copy }));
  for (const generation of world.committed)
    for (const path of missingOf(generation, held))
      faults.push(`generation ${generation.generation}: ${JSON.stringify(path)} can't be had any more`);
  const isExpected = expected(world, player, asked, ended, { known, isEmpty: treeBefore.size === 0 });
  if (!isExpected) faults.push(`it ended as ${endedAs(ended)}`);
  if (isNew || ended.kind === 'done') player.at = told?.id;
  world.begun =
    ended.kind === 'done'
      ? asked.direction === 'download'
        ? world.begun
        : undefined
      : isNew
        ? undefined
        : touched(asked, ended)
          ? player.name
          : world.begun;
  return { ended, faults };
}

function touched({ direction }: Asked, ended: Ended): boolean {
  return ended.kind === 'failed' && direction !== 'download' && ended.error.exit !== 15;
}

interface Judged {
  readonly world: World;
  readonly player: Player;
  readonly asked: Asked;
  readonly ended: Ended;
  readonly told: Told;
  readonly copy: string;
}

/** A run that says that it is done has made both sides equal. */
function judge({ world, player, asked, ended, told, copy }: Judged): string[] {
  if (ended.kind !== 'done') return [];
  const here = lookAt(player.directory);
  const uncarried = new Set((ended.outcome.notCarried ?? []).map(({ path }) => path));
  const except = new Set([...here.keys(), ...told.tree.keys()].filter((path) => uncarried.has(shown(path))));
  const isCopy = asked.mode === 'copy';
  const wanted = isCopy ? new Map([...told.tree].filter(([path]) => here.has(path))) : told.tree;
  const faults: string[] = [];
  if (asked.direction === 'upload') {
    faults.push(...differences(here, wanted, { except }));
    if (!ended.outcome.consistent && except.size === 0) faults.push('it is not consistent');
  }
  if (asked.direction === 'download') faults.push(...differences(told.tree, here));
  if (asked.direction === 'bidirectional')
    faults.push(...differences(here, told.tree, { except, contentOnly: true }));
  if (asked.direction !== 'download' || world.begun === undefined) {
    faults.push(...faultsOfObjects(copy, told, except));
    if (except.size === 0) faults.push(...strayObjects(copy, lookAt(copy, ['.cryptosync']), told));
  }
  return faults;
}

interface Standing {
  readonly known: Told | undefined;
  /** There was nothing here. */
  readonly isEmpty: boolean;
}

/** Whether a run may end so, as things stood before it. */
function expected(
  world: World,
  player: Player,
  { direction, request, signal }: Asked,
  ended: Ended,
  { known, isEmpty }: Standing,
): boolean {
  if (ended.kind === 'done') return true;
  const { code } = ended.error;
  if (code === 'INTERRUPTED') return signal !== undefined;
  if (isEmpty && code === 'VAULT_EMPTY') return true;
  const isElsewhere = world.begun !== undefined && world.begun !== player.name;
  if (direction === 'upload') {
    if (request?.takeOver === true) return false;
    return code === 'REMOTE_AHEAD' && (isElsewhere || (known !== undefined && known.id !== player.at));
  }
  if (direction === 'download') {
    if (known === undefined) return ['REMOTE_EMPTY', 'VAULT_FOREIGN', 'VAULT_MISMATCH'].includes(code);
    if (request?.force === true) return false;
    return (
      code === 'LOCAL_CHANGES' ||
      (code === 'VAULT_MISMATCH' && world.begun !== undefined) ||
      (code === 'REMOTE_AHEAD' && isElsewhere)
    );
  }
  return [
    'CONFIG_INVALID',
    'BISYNC_NEEDS_RESYNC',
    'VAULT_MISMATCH',
    'REMOTE_AHEAD',
    'VAULT_EMPTY',
    'VAULT_MISSING',
  ].includes(code);
}
