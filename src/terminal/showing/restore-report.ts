/** What a restore says at its end. */
import type { RestoreResult } from '../../operations/restore/request.ts';
import { count, formatBytes, formatSeconds, printable } from './style.ts';

/** Entries that are named at the most; --json has all. */
const mostNamed = 20;

export function restoreLines(name: string, results: readonly RestoreResult[]): string[] {
  return results.flatMap((one) => {
    const fetched = one.filesResumed === 0 ? '' : ` (${count(one.filesResumed, 'file')} had come before)`;
    const rest = one.notRestored.length - mostNamed;
    return [
      `${name}: generation ${one.generation} of ${one.at} is in ${printable(one.directory)}: ${count(one.files, 'file')}, ${formatBytes(one.bytes)}${fetched}, in ${formatSeconds(one.durationMs / 1000)}`,
      ...(one.keptAside === null
        ? []
        : [
            `${name}: what was there before is kept in ${printable(one.keptAside)}; remove it when you are sure`,
          ]),
      ...(one.seal === 'none'
        ? [`${name}: its manifest carries no seal, so nothing tells who wrote it`]
        : []),
      ...one.notRestored
        .slice(0, mostNamed)
        .map(({ path, why }) => `${name}: not as it was: ${printable(path)}: ${why}`),
      ...(rest > 0 ? [`${name}: … and ${rest} more (--json has all)`] : []),
    ];
  });
}
