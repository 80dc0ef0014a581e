/**
 * Tries the promises of the sync engine for as long as it is told, each trial reported with its seed:
 * `npm run soak -- --minutes 10 [--trial histories] [--place local] [--seed N] [--path P]`
 *
 * histories: random edits, syncs and interruptions on two machines and one place. changes: every kind, edit and name, by
 * group. steps: runs killed before every single call that changes something. kills: 100 runs killed at random moments.
 * vault: a mounted vault that is written to, two minutes on each place. returns: 30 restores over a vault, on a bare machine, and
 * imports, killed at random moments. sessions: a server killed before every call of a claim and a release that changes something
 * (each kind of call, where it is encrypted), with its sink down and up; and nodes with one registry that are killed and paused.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { carryChanges } from '../test/support/model/carry-changes.ts';
import { changeGroups, changes } from '../test/support/model/changes.ts';
import { killAtSteps, scenes } from '../test/support/model/kill-at-steps.ts';
import { killAtRandom } from '../test/support/model/kills.ts';
import { syncLiveVault } from '../test/support/model/live-vault.ts';
import {
  directionsOn,
  type ModelPlaceKind,
  type ModelPlaces,
  modelPlaceKinds,
  startModelPlace,
} from '../test/support/model/places.ts';
import { tryHistories } from '../test/support/model/try-histories.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    trial: { type: 'string', default: 'histories' },
    seed: { type: 'string' },
    place: { type: 'string' },
    path: { type: 'string' },
  },
});

interface Stage {
  readonly kind: ModelPlaceKind;
  readonly places: ModelPlaces;
  /** For this trial alone. */
  readonly directory: string;
  readonly seed: number;
  /** Of its share of the time. */
  readonly milliseconds: number;
}

/** A directory for each part of a trial, gone when it has ended. */
async function inWorld<Result>(
  { directory }: Stage,
  action: (world: string, name: string) => Promise<Result>,
): Promise<Result> {
  const world = mkdtempSync(join(directory, 'world-'));
  try {
    return await action(world, world.slice(directory.length + 1));
  } finally {
    rmSync(world, { recursive: true, force: true });
  }
}

/** @returns what was tried @throws with what was not as it must be */
const trials: Readonly<Record<string, (stage: Stage) => Promise<string>>> = {
  async histories({ directory, places: { placeIn }, seed, milliseconds }) {
    const { path } = values;
    const { histories, failure } = await tryHistories({ directory, placeIn, seed, milliseconds, path });
    if (failure !== undefined) throw new Error(failure);
    return `${histories} histories from seed ${seed}`;
  },
  async changes(stage) {
    for (const group of changeGroups)
      await inWorld(stage, async (directory, name) => {
        const some = changes.filter((change) => change.group === group);
        const directions = directionsOn(stage.kind);
        const place = stage.places.placeIn(directory, name);
        await carryChanges({ directory, place, changes: some, directions });
      });
    return `${changes.length} changes`;
  },
  async steps(stage) {
    const killed = [];
    for (const direction of directionsOn(stage.kind))
      for (const scene of scenes)
        killed.push(
          ...(await inWorld(stage, async (directory, name) => {
            const world = join(directory, 'world');
            mkdirSync(world);
            const place = stage.places.placeIn(world, name);
            const moments = stage.kind === 'local' ? 'calls' : 'steps';
            return await killAtSteps({ directory, place, direction, moments, scene });
          })),
        );
    return `${killed.length} kills at a step`;
  },
  async kills(stage) {
    const directions = directionsOn(stage.kind);
    const { seed } = stage;
    await inWorld(stage, async (directory, name) => {
      const place = stage.places.placeIn(directory, name);
      await killAtRandom({ directory, place, directions, count: 100, seed });
    });
    return `100 kills at random moments from seed ${seed}`;
  },
  async vault(stage) {
    const { seed } = stage;
    const { syncs, consistent } = await inWorld(stage, (directory, name) => {
      const place = stage.places.placeIn(directory, name);
      return syncLiveVault({ directory, place, milliseconds: 120_000, seed });
    });
    return `${syncs} syncs of a live vault from seed ${seed}, ${consistent} of them consistent`;
  },
  async returns({ kind, seed }) {
    const count = 30;
    const environment = { SOAK_PLACE: kind, SOAK_COUNT: `${count}`, SOAK_SEED: `${seed}` };
    await runTests(['test/real/kill-at-random-returns.test.ts'], environment);
    return `${count} kills at random moments of each way back from seed ${seed}`;
  },
  async sessions({ kind, seed }) {
    const isEncrypted = kind === 'local, encrypted';
    if (kind !== 'local' && !isEncrypted)
      return 'nothing to try: sessions are killed on a sink of this machine';
    const environment = {
      SOAK_SEED: `${seed}`,
      SOAK_MOMENTS: isEncrypted ? 'steps' : 'calls',
      ...(isEncrypted && { SOAK_ENCRYPTED: 'yes' }),
    };
    await runTests(['test/real/sessions-killed.test.ts', 'test/real/registry.test.ts'], environment);
    return `a server killed at its steps, and nodes from seed ${seed}`;
  },
};

/** Test files as they stand, told by their environment to try more. */
async function runTests(files: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const vitest = spawn('npx', ['vitest', 'run', '--project', 'real', ...files], {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  const [status] = await once(vitest, 'exit');
  if (status !== 0) throw new Error('see above');
}

const kinds = modelPlaceKinds.filter((kind) => values.place === undefined || kind === values.place);
/** Most histories go to a directory of this machine: they are the quickest. */
const shareOf = (kind: string): number => (kind === 'local' ? 2 : 1);
const shares = kinds.reduce((sum, kind) => sum + shareOf(kind), 0);
const first = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
const trial = trials[values.trial];
if (trial === undefined) throw new Error(`--trial is one of ${Object.keys(trials).join(', ')}`);
let failures = 0;
for (const [index, kind] of kinds.entries()) {
  const directory = mkdtempSync(join(tmpdir(), 'cryptosync-soak-'));
  const places = await startModelPlace(kind, directory);
  const seed = values.seed === undefined ? first + index : first;
  const milliseconds = (Number(values.minutes) * 60_000 * shareOf(kind)) / shares;
  try {
    console.log(`${kind}: ${await trial({ kind, places, directory, seed, milliseconds })}, all well`);
  } catch (error) {
    failures += 1;
    console.log(`${kind}, ${values.trial}, seed ${seed}: ${error instanceof Error ? error.message : error}`);
  } finally {
    await places.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
process.exitCode = failures === 0 ? 0 : 1;
