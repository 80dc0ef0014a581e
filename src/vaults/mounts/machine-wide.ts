/** Whether the machine has a mount, or only whoever made it: a unit of systemd may have a mount namespace of its own (F4). */
import { readFileSync } from 'node:fs';
import { parseMountTable } from '../../system/stores/mount-table.ts';

/**
 * True when the machine's first process has no such mount, which this process has. Where that process' table may not be
 * read, which is so for users on most machines, it is false. To the first process the mount of a chroot has a longer path.
 */
export function isHiddenFromMachine(mountDir: string): boolean {
  try {
    const table = parseMountTable(readFileSync('/proc/1/mountinfo', 'utf8'));
    return !table.some(({ mountPoint }) => mountPoint.endsWith(mountDir));
  } catch {
    return false;
  }
}
