/** What belongs to a client's tree and stands outside of it, or in a place of its own: links and mount directories. */
import { statSync } from 'node:fs';
import { nameOf, type ProfileLayout, scriptActions } from '../../clients/layout.ts';
import type { Profile } from '../../clients/profile.ts';
import { linkPaths, linkState, writeLinks } from '../../clients/scripts.ts';
import { ensureDirectory, namesIn } from '../../system/files.ts';
import { setImmutable } from '../../vaults/mounts/mount-point.ts';
import { readMountTable } from '../../vaults/mounts/mount-table.ts';
import type { Context } from '../context.ts';

/** Makes the mount directory of a vault that is not mounted; one that is empty is closed to writing, as at install. */
export async function prepareMount(context: Context, { mountDir }: Profile): Promise<void> {
  ensureDirectory(mountDir, 0o700);
  if (readMountTable().some(({ mountPoint }) => mountPoint === mountDir)) return;
  if (namesIn(mountDir).length === 0) await setImmutable(mountDir, true, context.environment);
}

/**
 * Makes a profile's links where nothing stands, or what leads nowhere: those of another tree stay its own.
 * @returns what was left as it is, for people
 */
export function linkUntaken(layout: ProfileLayout, binDirectory: string | undefined): string[] {
  if (binDirectory === undefined) return [];
  const links = linkPaths(layout, binDirectory);
  const taken = scriptActions
    .map((action) => ({ path: links[action], state: linkState(links[action], layout.scripts[action]) }))
    .find(({ path, state }) => state === 'taken' || (state === 'ours' && leadsSomewhere(path)));
  if (taken !== undefined)
    return [`no links were made for ${nameOf(layout)}: ${taken.path} is there already, and another tree's`];
  writeLinks(layout, binDirectory);
  return [];
}

function leadsSomewhere(link: string): boolean {
  return statSync(link, { throwIfNoEntry: false }) !== undefined;
}
