/** A vault as this folder sees it, and its state in the kernel's mount table. */
import type { Engine, EnginePaths } from './engine.ts';
import {
  type ExpectedMount,
  type MountEntry,
  type MountState,
  mountsOf,
  readMountState,
  readMountTable,
} from './mount-table.ts';

export interface Vault extends EnginePaths {
  readonly engine: Engine;
  /** Both directories resolved and absolute. */
  readonly encryptedDir: string;
  readonly mountDir: string;
  /** Undefined for a vault that was not made here and has not been mounted yet. */
  readonly vaultId: string | undefined;
}

function expectedMountOf({ engine, encryptedDir, mountDir }: Vault): ExpectedMount {
  return { mountDir, fileSystemType: engine.fileSystemType, sources: engine.mountSources(encryptedDir) };
}

export async function stateOfVault(vault: Vault): Promise<MountState> {
  return await readMountState(expectedMountOf(vault));
}

/** The same as the mount table alone tells it: whoever asks reads from the mount next. */
export async function listedStateOfVault(vault: Vault): Promise<MountState> {
  return await readMountState(expectedMountOf(vault), readMountTable(), async () => 'answers');
}

/** Where else than on its mount directory the vault is mounted. */
export function mountsElsewhere({ engine, encryptedDir, mountDir }: Vault): MountEntry[] {
  return mountsOf(engine.mountSources(encryptedDir), engine.fileSystemType, readMountTable()).filter(
    ({ mountPoint }) => mountPoint !== mountDir,
  );
}

/** True while the mount table lists the vault on top of its mount directory; its daemon is not asked. */
export function isListed({ engine, encryptedDir, mountDir }: Vault): boolean {
  const top = readMountTable().findLast(({ mountPoint }) => mountPoint === mountDir);
  return (
    top !== undefined && mountsOf(engine.mountSources(encryptedDir), engine.fileSystemType, [top]).length > 0
  );
}
