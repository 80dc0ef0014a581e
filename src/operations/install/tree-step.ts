/** The client's tree: its directories with their modes, and the empty mount directory. */
import { chmodSync, statSync } from 'node:fs';
import { directoryMode } from '../../clients/layout.ts';
import { restoreConfMode } from '../../remotes/rclone-conf.ts';
import { ensureDirectory } from '../../system/files.ts';
import { setImmutable } from '../../vaults/mount-point.ts';
import { stateOfVault } from '../../vaults/mounting.ts';
import { vaultOf } from '../vault-of.ts';
import type { Installation } from './installation.ts';
import type { InstallRequest } from './request.ts';

/** Makes the tree, each directory with its mode, before the ledger begins in it. */
export function layOut({ context, request, created }: Installation): void {
  const { layout } = request;
  const directories: [string, number][] = [
    [context.root, 0o755],
    [layout.directory, directoryMode],
    [layout.vaultDirectory, directoryMode],
    [layout.rcloneDirectory, directoryMode],
    [layout.toolDirectory, directoryMode],
    [layout.configDirectory, directoryMode],
    [layout.scriptsDirectory, directoryMode],
    [layout.stateDirectory, directoryMode],
    [layout.locksDirectory, directoryMode],
  ];
  for (const [path, mode] of directories) {
    if (ensureDirectory(path, mode)) created.push(path);
  }
}

export async function prepareDirectories({ context, request, plan, created }: Installation): Promise<void> {
  const { layout } = request;
  created.push(...tighten(layout));
  const vault = vaultOf(layout, plan.profile);
  if ((await stateOfVault(vault)).kind !== 'unmounted') return;
  if (ensureDirectory(vault.mountDir, directoryMode)) created.push(vault.mountDir);
  await setImmutable(vault.mountDir, true, context.environment);
}

/** Older trees were readable by everyone. @returns what was closed */
function tighten(layout: InstallRequest['layout']): string[] {
  const own = [layout.toolDirectory, layout.configDirectory, layout.stateDirectory, layout.rcloneDirectory];
  const loose = own.filter((path) => (statSync(path).mode & 0o077) !== 0);
  for (const path of loose) chmodSync(path, directoryMode);
  restoreConfMode(layout.rcloneConfig);
  return loose;
}
