/** A vault as this folder sees it, and its state in the kernel's mount table. */
import { isWithin } from '../system/names.ts';
import type { Engine, EnginePaths } from './engines/engine.ts';
import { engineFileSystems } from './engines/engines.ts';
import {
  type ExpectedMount,
  isMountOf,
  type MountEntry,
  type MountState,
  mountsOf,
  readMountState,
  readMountTable,
} from './mounts/mount-table.ts';

export interface Vault extends EnginePaths {
  readonly engine: Engine;
  /** Both directories resolved and absolute. */
  readonly encryptedDir: string;
  readonly mountDir: string;
  /** Undefined for a vault that was not made here and has not been mounted yet. */
  readonly vaultId: string | undefined;
  /** Where this machine keeps what it knows of the vault: its proof and its seal key. */
  readonly recordsDirectory: string;
}

function expectedMountOf({ engine, encryptedDir, mountDir }: Vault): ExpectedMount {
  return { mountDir, fileSystemType: engine.fileSystemType, sources: engine.mountSources(encryptedDir) };
}

export async function stateOfVault(
  vault: Vault,
  table: readonly MountEntry[] = readMountTable(),
): Promise<MountState> {
  return await readMountState(expectedMountOf(vault), table);
}

/** The same as the mount table alone tells it: whoever asks reads from the mount next. */
export async function listedStateOfVault(vault: Vault): Promise<MountState> {
  return await readMountState(expectedMountOf(vault), readMountTable(), async () => 'answers');
}

/** Where else than on its mount directory the vault is mounted. */
export function mountsElsewhere(vault: Vault): MountEntry[] {
  return mountsOf(expectedMountOf(vault), readMountTable()).filter(
    ({ mountPoint }) => mountPoint !== vault.mountDir,
  );
}

/** A mount of any engine's below a directory. */
export function vaultMountIn(
  directory: string,
  table: readonly MountEntry[] = readMountTable(),
): MountEntry | undefined {
  return table.find(
    ({ mountPoint, fileSystemType }) =>
      engineFileSystems.has(fileSystemType) && mountPoint !== directory && isWithin(mountPoint, directory),
  );
}

/** True while the mount table lists the vault on top of its mount directory; its daemon is not asked. */
export function isListed(vault: Vault): boolean {
  const top = readMountTable().findLast(({ mountPoint }) => mountPoint === vault.mountDir);
  return top !== undefined && isMountOf(expectedMountOf(vault), top);
}
