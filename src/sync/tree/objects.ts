/** Under which name an entry's content lies at a place. */
import { announcementPath, markerPath } from '../../remotes/control/state.ts';
import { isControl, linkSuffix } from '../../remotes/remote.ts';
import type { Entry } from './entry.ts';

/** A link lies there as a small file that says where it leads, as rclone's `--links` has it; others have no content. */
export function objectOf({ path, kind }: Pick<Entry, 'path' | 'kind'>): string | undefined {
  if (kind === 'file') return path;
  return kind === 'link' ? `${path}${linkSuffix}` : undefined;
}

/** Whether a path is the tool's own at a place, or would make a directory in it look like another place. */
export function isOurs(path: string): boolean {
  return isControl(path) || isSignOfPlace(path);
}

/** Whether a path says that a directory above it is a place. The mere name `.cryptosync` says nothing, it may be anyone's. */
export function isSignOfPlace(path: string): boolean {
  return path.endsWith(`/${markerPath}`) || path.endsWith(`/${announcementPath}`);
}
