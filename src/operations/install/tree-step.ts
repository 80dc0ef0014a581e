/** The client's tree: its directories with their modes, and the empty mount directory. */
import { statSync } from 'node:fs';
import { directoryMode } from '../../clients/layout.ts';
import { restoreConfMode } from '../../remotes/configuration.ts';
import { changeMode, ensureDirectory } from '../../system/files.ts';
import { stateOfVault } from '../../vaults/mounting.ts';
import { setImmutable } from '../../vaults/mounts/mount-point.ts';
import { configLockRequest } from '../locks.ts';
import { underLocks } from '../under-locks.ts';
import { vaultOf } from '../vault-of.ts';
import { verifyMountDirectory } from './checks.ts';
import type { Installation } from './installation.ts';
import { decideProfile } from './profile.ts';
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
    const base = path === context.root ? undefined : layout.directory;
    if (ensureDirectory(path, mode, base)) created.push(path);
  }
}

/** The mount directory as the profile has it now: nobody changes or removes the profile meanwhile. */
export async function prepareDirectories(installation: Installation): Promise<void> {
  const { context, request, plan, inputs, created } = installation;
  const { layout } = request;
  created.push(...tighten(layout));
  await underLocks(
    context,
    { wait: inputs.wait },
    {
      look: () => decideProfile(context, request, plan.decision),
      locks: () => [configLockRequest(layout, 'install')],
      async act({ profile, existing }) {
        await verifyMountDirectory(layout, profile, existing);
        const vault = vaultOf(layout, profile);
        if ((await stateOfVault(vault)).kind !== 'unmounted') return;
        if (ensureDirectory(vault.mountDir, directoryMode)) created.push(vault.mountDir);
        await setImmutable(vault.mountDir, true, context.environment);
      },
    },
  );
}

/** Older trees were readable by everyone. @returns what was closed */
function tighten(layout: InstallRequest['layout']): string[] {
  const own = [layout.toolDirectory, layout.configDirectory, layout.stateDirectory, layout.rcloneDirectory];
  const loose = own.filter((path) => (statSync(path).mode & 0o077) !== 0);
  for (const path of loose) changeMode(path, directoryMode, layout.directory);
  restoreConfMode(layout.rcloneConfig);
  return loose;
}
