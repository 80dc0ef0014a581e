/** kill -9 at random moments of what brings a client back: the next run ends, and nothing that was there is lost. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { makeIdentity } from './age.ts';
import { cleanUpDirectory, type Installation } from './installation.ts';
import { killAfter } from './kill.ts';
import { mountsBelow, unmountAllBelow } from './machine.ts';
import type { CommandResult } from './running-command.ts';
import type { Storage } from './storage.ts';
import { manyFiles, readTree, type Tree, writeFiles } from './tree.ts';
import { type ClientVault, canaryName, editProfile, openByHand, vaultOf } from './vault.ts';

export interface Kills {
  /** For these kills alone. */
  readonly installation: Installation;
  readonly count: number;
  readonly seed: number;
}

export interface RestoreKills extends Kills {
  /** For these kills alone. */
  readonly storage: Storage;
  readonly isEncrypted: boolean;
}

const client = 'client1';

/** Restores over a vault that is there, now of one generation and now of the other. @throws with what is not as it must be */
export async function killRestores(kills: RestoreKills): Promise<void> {
  const { installation } = kills;
  const { vault, env } = await prepare(kills);
  const parent = join(vault.encryptedDir, '..');
  const restore = (generation: number): string[] => [
    ...['restore', '--client', client, '--json', '--generation', `${generation}`],
  ];
  const keptAside = (): string[] => readdirSync(parent).filter((name) => aside.test(name));
  const { durationMs } = await succeed(installation, restore(2), env);
  await killed(kills, durationMs, async (milliseconds, turn) => {
    for (const name of keptAside()) rmSync(join(parent, name), { recursive: true });
    const before = JSON.stringify(readTree(vault.encryptedDir));
    const wanted = (turn % 2) + 1;
    const hit = await killAfter(installation, restore(wanted), milliseconds, { env });
    const kept = [...keptAside(), 'encrypted'].filter((name) => existsSync(join(parent, name)));
    if (!kept.some((name) => JSON.stringify(readTree(join(parent, name))) === before))
      throw new Error('what was there is nowhere');
    await succeed(installation, restore(wanted), env);
    verifyEqual(openByHand(installation, vault.encryptedDir), treeOf(filesOf(wanted)));
    verifyClean(parent, ['encrypted', 'decrypted'], aside);
    verifyUnmounted(installation);
    return hit;
  });
}

/** Restores on a machine that knows nothing of the client but, perhaps, what a killed run has left. */
export async function killBareRestores(kills: RestoreKills): Promise<void> {
  const { installation, storage, isEncrypted } = kills;
  const { env } = await prepare(kills);
  const options = storage.installOptions('place');
  const at = options.indexOf('--remote-path');
  const root = installation.path('bare');
  const args = [
    ...['restore', '--client', client, '--no-links', '--json', '--root', root],
    ...['--from', `r:${options[at + 1]}`, ...options.slice(0, at), ...options.slice(at + 2)],
    ...(isEncrypted ? ['--crypt'] : []),
  ];
  const { durationMs } = await succeed(installation, args, env);
  await killed(kills, durationMs, async (milliseconds) => {
    await cleanUpDirectory(root);
    writeFiles(root, { 'other/theirs': 'theirs' });
    const before = readTree(join(root, 'other'));
    const hit = await killAfter(installation, args, milliseconds, { env });
    await succeed(installation, args, env);
    const there = join(root, client, 'vault');
    verifyEqual(openByHand(installation, join(there, 'encrypted')), treeOf(filesOf(2)));
    verifyClean(there, ['encrypted', 'decrypted'], aside);
    verifyClean(root, [client, 'other']);
    verifyEqual(readTree(join(root, 'other')), before);
    verifyUnmounted(installation);
    return hit;
  });
}

/** Imports into another root, in which somebody else's tree lies. */
export async function killImports({ installation, ...kills }: Kills): Promise<void> {
  const vault = vaultOf(installation, client);
  await vault.succeed('install', '--no-links', '--remote-type', 'local', '--remote-path', vault.remoteDir);
  await vault.put(filesOf(1));
  const identity = makeIdentity(installation);
  const file = installation.path('kill.age');
  await vault.succeed('export', '--with-vault', '--output', file, '--recipient', identity.recipient);
  const root = installation.path('elsewhere');
  const there = join(root, client, 'vault');
  const args = ['import', file, '--identity', identity.file, '--no-links', '--root', root, '--json'];
  const { durationMs } = await succeed(installation, args);
  await killed(kills, durationMs, async (milliseconds) => {
    await cleanUpDirectory(root);
    writeFiles(root, { 'other/cryptosync/theirs': 'theirs' });
    const before = readTree(join(root, 'other'));
    const hit = await killAfter(installation, args, milliseconds);
    await succeed(installation, args);
    verifyEqual(readTree(join(there, 'decrypted'), [canaryName]), treeOf(filesOf(1)));
    unmountAllBelow(root);
    verifyEqual(readTree(join(there, 'encrypted')), readTree(vault.encryptedDir));
    verifyClean(root, [client, 'other']);
    verifyEqual(readTree(join(root, 'other')), before);
    return hit;
  });
}

const aside = /^encrypted\.before-restore-/;

function verifyUnmounted({ directory }: Installation): void {
  const left = mountsBelow(directory);
  if (left.length > 0) throw new Error(`still mounted: ${left.join(', ')}`);
}

type Files = Readonly<Record<string, Uint8Array>>;

const filesOf = (generation: number): Files => ({
  ...manyFiles(40, 30_000),
  [generation === 1 ? 'old' : 'new']: Buffer.from(`of generation ${generation}`),
});

/** As `readTree` tells them. */
function treeOf(files: Files): Tree {
  const hash = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [name, hash(content)]));
}

async function succeed(
  installation: Installation,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
  const result = await installation.cryptosync(args, { env });
  if (result.exitCode === 0) return result;
  throw new Error(`${args[0]} ended with ${result.exitCode}: ${result.stdout}${result.stderr}`);
}

interface Prepared {
  readonly vault: ClientVault;
  readonly env: NodeJS.ProcessEnv;
}

/** A vault of two generations, the second of which is here. */
async function prepare({ installation, storage, isEncrypted }: RestoreKills): Promise<Prepared> {
  const vault = vaultOf(installation, client);
  const env = isEncrypted ? { CRYPTOSYNC_ENCRYPTION_KEY: randomBytes(32).toString('base64') } : {};
  const flags = [...storage.installOptions('place'), ...(isEncrypted ? ['--crypt'] : [])];
  await vault.succeed('install', '--no-links', '--remote-name', 'r', ...flags);
  if (storage.rcloneFlags.length > 0) editProfile(vault, { rcloneFlags: storage.rcloneFlags });
  for (const generation of [1, 2]) {
    await vault.succeed('mount');
    rmSync(join(vault.mountDir, 'old'), { force: true });
    writeFiles(vault.mountDir, filesOf(generation));
    await vault.succeed('unmount');
    await succeed(installation, ['sync', '--client', client, '--json'], env);
  }
  return { vault, env };
}

/**
 * @param usual milliseconds that the command takes when nobody kills it
 * @param attempt kills it after so many milliseconds. @returns whether it had not ended before: then it counts
 */
async function killed(
  { count, seed }: Pick<Kills, 'count' | 'seed'>,
  usual: number,
  attempt: (milliseconds: number, turn: number) => Promise<boolean>,
): Promise<void> {
  // from the moment on at which a start has ended, which changes nothing
  const moment = fc.noBias(fc.double({ min: 0.1, max: 1, noNaN: true }));
  const shares = fc.sample(moment, { seed, numRuns: 4 * count });
  let whole = usual;
  let hits = 0;
  for (const [turn, share] of shares.entries()) {
    const milliseconds = Math.round(share * whole);
    try {
      if (await attempt(milliseconds, turn)) hits += 1;
      else whole = Math.min(whole, Math.max(milliseconds, whole * 0.8));
    } catch (error) {
      const what = `kill ${hits + 1} of seed ${seed}, after ${milliseconds} of ${Math.round(whole)} ms`;
      throw new Error(`${what}: ${error instanceof Error ? error.message : error}`);
    }
    if (hits === count) return;
  }
  throw new Error(`only ${hits} of ${count} met it while it ran`);
}

function verifyEqual(found: Tree, wanted: Tree): void {
  const names = [...new Set([...Object.keys(found), ...Object.keys(wanted)])];
  const other = names.filter((name) => found[name] !== wanted[name]);
  if (other.length > 0) throw new Error(`not as it was: ${other.slice(0, 5).join(', ')}`);
}

/** Nothing but these names lies there. */
function verifyClean(directory: string, names: readonly string[], besides = /^$/): void {
  const left = readdirSync(directory).filter((name) => !names.includes(name) && !besides.test(name));
  if (left.length > 0) throw new Error(`left in ${directory}: ${left.join(', ')}`);
}
