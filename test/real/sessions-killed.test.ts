/**
 * The fault table: a server that is killed before each kind of step of a claim and of a release, and what its tenant finds
 * afterwards, with the sink down at first or up. A step is a call that changes something, of the server or of a sync of it.
 * SOAK_MOMENTS=steps tries each kind of step instead of a few, SOAK_MOMENTS=calls every single call; SOAK_ENCRYPTED an
 * encrypted sink.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { type Installation, it } from '../support/installation.ts';
import { workloadOn } from '../support/platform.ts';
import { type SessionNode, startNode } from '../support/session-node.ts';
import { readTree, type Tree, writeFiles } from '../support/tree.ts';

const { SOAK_MOMENTS: moments = 'few', SOAK_ENCRYPTED: encrypted } = process.env;
const few = 5;
const dieAt = fileURLToPath(new URL('../support/model/die-at.ts', import.meta.url));

const tenant = 'acme';
const sent = { stays: 'stays', edited: 'before', gone: 'gone', 'deep/er/file': 'deep' };
const edits = { edited: 'after, and longer', new: 'new', 'deep/new': 'new as well' };
type Operation = 'claim' | 'release';

/** Steps that there must be, lest the table says more than is tried. */
const landmarks: Readonly<Record<Operation, readonly RegExp[]>> = {
  claim: [/journal/, /ledger/, /here$/, /record/],
  release: [/journal/, /ledger/, /there$/, /marker there/, /in-progress there/, /record/, /unlinkSync here/],
};

interface World {
  /** Everything that a run may change: the root of the node, and the sink. */
  readonly path: string;
  readonly disk: string;
  start(more?: NodeJS.ProcessEnv): SessionNode;
  ask(node: SessionNode, what: Operation): Promise<unknown>;
}

function worldOf(installation: Installation): World {
  const path = installation.path('world');
  mkdirSync(path);
  const disk = join(path, 'disk');
  mkdirSync(disk);
  const workload = workloadOn(disk);
  const keyFile = installation.path('key');
  writeFileSync(keyFile, generateEncryptionKey(), { mode: 0o600 });
  const wrapper = installation.path('node');
  writeFileSync(wrapper, `#!/bin/sh\nDIE_PARENT=1 exec '${process.execPath}' --import '${dieAt}' "$@"\n`);
  chmodSync(wrapper, 0o755);
  return {
    path,
    disk,
    start: (more) =>
      startNode(installation, 'world/root', workload, {
        ...(more && { preload: [dieAt], env: { DIE_WRAPPER: wrapper, DIE_BELOW: path, ...more } }),
      }),
    ask: (node, what) => node.ask(what, tenant, what === 'claim' && encrypted ? { keyFile } : {}),
  };
}

/** The node has had the tenant before, and whoever claims it now finds what was sent. */
async function prepare({ start, ask }: World): Promise<void> {
  const node = start();
  await ask(node, 'claim');
  writeFiles(node.directory(tenant), sent);
  expect(await ask(node, 'release')).toMatchObject({ outcome: 'released' });
  await node.end();
}

function work(directory: string): void {
  writeFiles(directory, edits);
  rmSync(join(directory, 'gone'));
}

interface Run {
  readonly steps: readonly string[];
  /** What the tenant had there before the last step. */
  readonly wanted: Tree;
}

/** Claims, or claims, works and releases, with everything counted of the last. @param at before which step it dies */
async function run(installation: Installation, world: World, what: Operation, at?: number): Promise<Run> {
  const [trace, begun] = [installation.path('trace'), installation.path('begun')];
  rmSync(begun, { force: true });
  writeFileSync(trace, '');
  const node = world.start({
    DIE_TRACE: trace,
    DIE_AFTER: begun,
    ...(at !== undefined && { DIE_AT: String(at) }),
  });
  let wanted: Tree = {};
  if (what === 'release') {
    await world.ask(node, 'claim');
    work(node.directory(tenant));
    wanted = readTree(node.directory(tenant));
  }
  writeFileSync(begun, '');
  const answer = await Promise.race([world.ask(node, what), node.ended]);
  if (at === undefined) {
    expect(answer).toMatchObject({ tenantId: tenant });
    if (what === 'claim') wanted = readTree(node.directory(tenant));
    await node.kill();
  }
  await node.ended;
  const lines = readFileSync(trace, 'utf8').split('\n').filter(Boolean);
  return { steps: lines.map(stepOf), wanted };
}

/** The kind of a call and of what it changes. */
function stepOf(line: string): string {
  const [call, path] = JSON.parse(line) as [string, string];
  const control = /\.cryptosync\/([a-z-]+)/.exec(path)?.[1];
  if (control !== undefined) return `${call} ${control} there`;
  if (path.startsWith('disk/')) return `${call} there`;
  if (path.startsWith(`root/${tenant}/session/`)) return `${call} here`;
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/^\.+/, '');
  return `${call} ${/^[a-z]+/.exec(name)?.[0] ?? 'something'} of the state`;
}

/** Some of the first of each kind, evenly spread; each of them; or every call. And what has taken away all but one file. */
function chosen(steps: readonly string[]): number[] {
  const all = [...steps.keys()];
  if (moments === 'calls') return all;
  const firsts = all.filter((at) => steps.indexOf(steps[at] ?? '') === at);
  const last = steps.lastIndexOf('unlinkSync here');
  const half = last === -1 ? [] : [last];
  if (moments === 'steps') return [...firsts, ...half];
  const stride = (firsts.length - 1) / (few - 1);
  const some = Array.from({ length: few }, (_, index) => firsts[Math.round(index * stride)] ?? 0);
  return [...some, ...half];
}

describe.each<Operation>(['claim', 'release'])('a server that is killed in a %s', (what) => {
  it('leaves everything of its tenant, whatever its last step was', { timeout: 3_600_000 }, async ({
    installation,
  }) => {
    const world = worldOf(installation);
    await prepare(world);
    const before = installation.path('before');
    const begin = (): void => {
      rmSync(world.path, { recursive: true });
      execFileSync('cp', ['--archive', before, world.path]);
    };
    execFileSync('cp', ['--archive', world.path, before]);
    const { steps, wanted } = await run(installation, world, what);
    // what rclone writes to an encrypted sink is no call of ours
    const ours = landmarks[what].filter(({ source }) => !encrypted || !source.includes('there'));
    for (const landmark of ours) expect(steps.filter((step) => landmark.test(step))).not.toEqual([]);
    for (const [index, at] of chosen(steps).entries()) {
      const told = `killed before ${steps[at]} (${at} of ${steps.length})`;
      const sinkStates = moments === 'few' ? [index % 2 === 0 ? 'down' : 'up'] : ['down', 'up'];
      for (const sink of sinkStates) {
        begin();
        await run(installation, world, what, at);
        const found = await claimedAfterwards(world, sink === 'down');
        expect([told, sink, found]).toEqual([
          told,
          sink,
          { down: sink === 'down', here: wanted, sink: wanted },
        ]);
      }
    }
  });
});

/** What the tenant finds at its next claim, and what the sink has when it was released after that. */
async function claimedAfterwards(world: World, isDown: boolean): Promise<object> {
  const { disk, start, ask } = world;
  const node = start();
  const directory = node.directory(tenant);
  if (isDown) {
    renameSync(disk, `${disk}.away`);
    writeFileSync(disk, 'no directory');
    const here = existsSync(directory) ? readTree(directory) : {};
    expect(await ask(node, 'claim')).toEqual(expect.any(String));
    expect(existsSync(directory) ? readTree(directory) : {}).toEqual(here);
    rmSync(disk);
    renameSync(`${disk}.away`, disk);
  }
  expect(await ask(node, 'claim')).toMatchObject({ tenantId: tenant });
  const here = readTree(directory);
  expect(await ask(node, 'release')).toMatchObject({ outcome: 'released', files: 'removed', notes: [] });
  expect(readTree(directory)).toEqual({});
  const claimedAgain = async (): Promise<Tree> => {
    await ask(node, 'claim');
    return readTree(directory);
  };
  const sink = encrypted ? await claimedAgain() : readTree(join(disk, tenant), ['.cryptosync']);
  await node.kill();
  return { down: isDown, here, sink };
}
