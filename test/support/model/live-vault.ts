/** A gocryptfs vault that is written to while it is synced: what is said to be consistent must open, and read, elsewhere. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDirectoryKey } from '../../../src/vaults/engines/gocryptfs-config.ts';
import { unmountAllBelow } from '../machine.ts';
import { endedAs, faultsOfPlace } from './check.ts';
import { lookAt, type SeenTree } from './look.ts';
import { copyBack, type ModelPlace, machineIn, runOn } from './world.ts';

const writer = fileURLToPath(new URL('live-writer.ts', import.meta.url));
const password = 'of the live vault\n';

export interface LiveVault {
  /** For this vault alone. */
  readonly directory: string;
  readonly place: ModelPlace;
  readonly milliseconds: number;
  readonly seed: number;
}

export interface LiveResult {
  readonly syncs: number;
  /** How many of them said that the place is one moment of the vault. */
  readonly consistent: number;
}

/** @throws with what was not as it must be */
export async function syncLiveVault({
  directory,
  place,
  milliseconds,
  seed,
}: LiveVault): Promise<LiveResult> {
  const machine = machineIn(directory, 'live');
  const mountPoint = join(directory, 'plain');
  for (const path of [machine.directory, machine.state, mountPoint])
    mkdirSync(path, { recursive: true, mode: 0o700 });
  gocryptfs('-init', '-scryptn', '10', '--', machine.directory);
  gocryptfs('--', machine.directory, mountPoint);
  const child = spawn(process.execPath, [writer, mountPoint, String(seed)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const result = { syncs: 0, consistent: 0 };
  const sync = async (): Promise<SeenTree | undefined> => {
    const ended = await runOn(machine, place, { direction: 'upload', source: { isDirectoryKey } });
    result.syncs += 1;
    if (ended.kind === 'failed')
      throw new Error(`sync ${result.syncs} of seed ${seed} ended as ${endedAs(ended)}`);
    if (!ended.outcome.consistent) return undefined;
    result.consistent += 1;
    return readElsewhere(directory, place);
  };
  try {
    for (const end = Date.now() + milliseconds; Date.now() < end; ) await sync();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const restored = await sync();
    if (restored === undefined) throw new Error('a quiet vault is not consistent');
    const wanted = lookAt(mountPoint);
    for (const [path, { hash, target }] of wanted)
      if (restored.get(path)?.hash !== hash || restored.get(path)?.target !== target)
        throw new Error(`${path} is not what it is in the vault`);
    return result;
  } finally {
    child.kill('SIGKILL');
    unmountAllBelow(directory);
  }
}

function gocryptfs(...args: string[]): void {
  execFileSync('gocryptfs', ['-q', ...args], { input: password, stdio: ['pipe', 'ignore', 'ignore'] });
}

/** Mounts what lies at the place, brought back by rclone alone, and reads every file in it. */
function readElsewhere(directory: string, place: ModelPlace): SeenTree {
  const copy = copyBack(place, join(directory, 'copy'));
  const { told, faults } = faultsOfPlace(copy);
  if (told === undefined || faults.length > 0)
    throw new Error(['what was committed is torn', ...faults].join('\n  '));
  const restored = mkdtempSync(join(directory, 'restored-'));
  const encrypted = join(restored, 'encrypted');
  const mountPoint = join(restored, 'plain');
  cpSync(copy, encrypted, { recursive: true, filter: (path) => !path.startsWith(join(copy, '.cryptosync')) });
  mkdirSync(mountPoint);
  for (const name of readdirSync(encrypted, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.rclonelink')) continue;
    symlinkSync(
      readFileSync(join(encrypted, name), 'utf8'),
      join(encrypted, name.slice(0, -'.rclonelink'.length)),
    );
    rmSync(join(encrypted, name));
  }
  gocryptfs('-ro', '--', encrypted, mountPoint);
  try {
    const tree = lookAt(mountPoint);
    for (const [path, { kind }] of tree) if (kind === 'link') readlinkSync(join(mountPoint, path));
    return tree;
  } finally {
    unmountAllBelow(restored);
    rmSync(restored, { recursive: true });
  }
}
