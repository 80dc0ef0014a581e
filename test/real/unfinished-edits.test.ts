/**
 * Edits that keep size and time, while runs do not end: what lies at the place looks the same before and after, and the
 * next run must still know which of the two it is.
 */
import { spawnSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { type Installation, it } from '../support/installation.ts';
import { faultsOfObjects, faultsOfPlace } from '../support/model/check.ts';
import { startModelPlace } from '../support/model/places.ts';
import { runProgram, runRequest } from '../support/model/run-program.ts';
import {
  type Asked,
  copyBack,
  type Machine,
  type ModelPlace,
  machineIn,
  runOn,
} from '../support/model/world.ts';

const dieAt = fileURLToPath(new URL('../support/model/die-at.ts', import.meta.url));

/** Which call a run dies before. */
const moments = {
  'when it was announced': String.raw`^place/.*\.cryptosync/(trash|incoming)/.`,
  'when files were put': String.raw`^place/.*\.cryptosync/manifests/.`,
  'when all was done': String.raw`^place/.*\.cryptosync/marker\.json$`,
} as const;
type Moment = keyof typeof moments;

interface Stage {
  readonly place: ModelPlace;
  readonly one: Machine;
  readonly two: Machine;
  /** Writes a file of three bytes; its time is always the same. */
  edit(machine: Machine, name: string, content: string): void;
  run(machine: Machine, asked: Asked): Promise<void>;
  /** @throws when the run ended */
  die(machine: Machine, asked: Asked, when: Moment): void;
}

async function onStage(
  { directory, path }: Installation,
  direction: Asked['direction'],
  play: (stage: Stage, asked: Asked) => Promise<void>,
): Promise<void> {
  const world = path('world');
  mkdirSync(world);
  const { placeIn, close } = await startModelPlace('local', directory);
  const place = placeIn(world, 'place');
  const [one, two] = ['one', 'two'].map((name) => {
    const machine = machineIn(world, name);
    mkdirSync(machine.directory, { recursive: true });
    mkdirSync(machine.state, { mode: 0o700 });
    writeFileSync(join(machine.directory, 'stays'), 'stays');
    utimesSync(join(machine.directory, 'stays'), 1e9, 1e9);
    return machine;
  }) as [Machine, Machine];
  const program = await runProgram();
  const die: Stage['die'] = (machine, asked, when) => {
    const { signal, stdout } = spawnSync(
      process.execPath,
      ['--import', dieAt, program, runRequest(machine, place, asked)],
      {
        env: { ...process.env, DIE_BELOW: world, DIE_TRACE: path('trace'), DIE_BEFORE: moments[when] },
        encoding: 'utf8',
      },
    );
    expect([signal, stdout]).toEqual(['SIGKILL', 'begun\n']);
  };
  const stage: Stage = {
    ...{ place, one, two, die },
    edit(machine, name, content) {
      const file = join(machine.directory, name);
      writeFileSync(file, content.padEnd(3));
      utimesSync(file, 1e9, 1e9);
    },
    async run(machine, asked) {
      const ended = await runOn(machine, place, asked);
      if (ended.kind === 'failed') throw ended.error;
    },
  };
  try {
    await play(stage, { direction });
    const copy = copyBack(place, path('copy'));
    const { told, faults } = faultsOfPlace(copy);
    expect(
      told === undefined ? ['no marker'] : [...faults, ...faultsOfObjects(copy, told, new Set())],
    ).toEqual([]);
  } finally {
    await close();
  }
}

const contentOf = ({ directory }: Machine, name: string): string =>
  readFileSync(join(directory, name), 'utf8').trim();

/** What becomes of `f` on the first machine, while its runs die; what it is in the end, everywhere. */
const plays: Readonly<Record<string, (stage: Stage, asked: Asked, when: Moment) => Promise<string>>> = {
  async 'is edited once'({ one, edit, run, die }, asked, when) {
    edit(one, 'f', 'a');
    await run(one, asked);
    edit(one, 'f', 'b');
    die(one, asked, when);
    return 'b';
  },
  async 'is edited again after a run had sent it'({ one, edit, run, die }, asked, when) {
    edit(one, 'f', 'a');
    await run(one, asked);
    edit(one, 'f', 'b');
    die(one, asked, 'when all was done');
    edit(one, 'f', 'c');
    die(one, asked, when);
    return 'c';
  },
  async 'is edited after the first run of all had sent it'({ one, edit, die }, asked, when) {
    edit(one, 'f', 'a');
    die(one, asked, 'when all was done');
    edit(one, 'f', 'b');
    die(one, asked, when);
    return 'b';
  },
  async 'is new, and edited after a run had sent it'({ one, edit, run, die }, asked, when) {
    await run(one, asked);
    edit(one, 'f', 'a');
    die(one, asked, 'when all was done');
    edit(one, 'f', 'b');
    die(one, asked, when);
    return 'b';
  },
  async 'is set back after a run had sent it'({ one, edit, run, die }, asked, when) {
    edit(one, 'f', 'a');
    await run(one, asked);
    edit(one, 'f', 'b');
    die(one, asked, when);
    edit(one, 'f', 'a');
    return 'a';
  },
  async 'changes places with another'({ one, edit, run, die }, asked, when) {
    edit(one, 'f', 'a');
    edit(one, 'g', 'b');
    await run(one, asked);
    const at = (name: string): string => join(one.directory, name);
    renameSync(at('f'), at('aside'));
    renameSync(at('g'), at('f'));
    renameSync(at('aside'), at('g'));
    die(one, asked, when);
    return 'b';
  },
  async 'becomes another name of another file'({ one, edit, run, die }, asked, when) {
    edit(one, 'f', 'a');
    edit(one, 'g', 'b');
    await run(one, asked);
    rmSync(join(one.directory, 'f'));
    linkSync(join(one.directory, 'g'), join(one.directory, 'f'));
    die(one, asked, when);
    return 'b';
  },
};

describe('a file that keeps its size and its time, and', () => {
  const patience = { timeout: 120_000 };
  for (const direction of ['upload', 'bidirectional'] as const)
    for (const [what, play] of Object.entries(plays))
      for (const when of Object.keys(moments) as Moment[])
        it(
          `${what}, ${direction}, by a run that dies ${when}, is at the place what it is here`,
          patience,
          ({ installation }) =>
            onStage(installation, direction, async (stage, asked) => {
              const wanted = await play(stage, asked, when);
              await stage.run(stage.one, asked);
              await stage.run(stage.one, { ...asked, request: { full: true } });
              expect(contentOf(stage.one, 'f')).toBe(wanted);
              await stage.run(stage.two, { direction: 'download', request: { force: true } });
              expect(contentOf(stage.two, 'f')).toBe(wanted);
              expect(statSync(join(stage.one.directory, 'f')).mtimeMs).toBe(1e12);
            }),
        );

  it.for([
    [' that died', true],
    [', whose first run died,', false],
  ] as const)(
    'was sent by another machine%s is not taken for what is here',
    patience,
    ([, isKnown], { installation }) =>
      onStage(installation, 'upload', async ({ one, two, edit, run, die }, asked) => {
        if (isKnown) {
          edit(one, 'f', 'a');
          await run(one, asked);
          await run(two, { direction: 'download', request: { force: true } });
        }
        edit(two, 'f', 'b');
        edit(one, 'f', 'c');
        die(two, asked, 'when all was done');
        await run(one, { ...asked, request: { takeOver: true } });
        await run(two, { direction: 'download', request: { force: true } });
        expect(contentOf(two, 'f')).toBe('c');
      }),
  );

  it(
    'was edited here is told from what lies there, where nothing but the manifest is known',
    patience,
    ({ installation }) =>
      onStage(installation, 'bidirectional', async ({ one, two, edit, run }, asked) => {
        edit(one, 'f', 'a');
        await run(one, asked);
        edit(one, 'f', 'b');
        rmSync(join(one.state, 'record.jsonl'));
        await run(one, { ...asked, request: { resync: 'local' } });
        await run(two, { direction: 'download', request: { force: true } });
        expect(contentOf(two, 'f')).toBe('b');
      }),
  );
});
