/** What `sync --rekey` shows: what moved where, and what is left to the operator. */
import { nameOf, type ProfileLayout } from '../../clients/layout.ts';
import type { RekeyResult } from '../../operations/sync/rekey.ts';
import { count, printable } from './style.ts';

export function rekeyLines(layout: ProfileLayout, { moved }: RekeyResult): string[] {
  return [
    ...moved.flatMap(({ from, to, files }) => [
      `${nameOf(layout)}: ${count(files, 'file')} sent to ${printable(to)}, read back and compared`,
      `  the old data is still in ${printable(from)}; when you no longer need it:`,
      `  rclone purge --config ${layout.rcloneConfig} '${printable(from)}'`,
    ]),
    'From now on this profile is synced with the new key.',
  ];
}
