/** What a restore says at its end. */
import type { LostFile, RestoreResult } from '../../operations/restore/request.ts';
import { count, formatBytes, formatSeconds, printable } from './style.ts';

/** Entries that are named at the most; --json has all. */
const mostNamed = 20;

export function restoreLines(name: string, results: readonly RestoreResult[]): string[] {
  return results.flatMap((one) => {
    const fetched = one.filesResumed === 0 ? '' : ` (${count(one.filesResumed, 'file')} had come before)`;
    const amount = `${count(one.files, 'file')}, ${formatBytes(one.bytes)}${fetched}`;
    const from = one.paths === null ? '' : 'put together from ';
    return [
      `${name}: ${whatOf(one)} is in ${printable(one.directory)}: ${from}${amount}, in ${formatSeconds(one.durationMs / 1000)}`,
      ...(one.keptAside === null
        ? []
        : [
            `${name}: what was there before is kept in ${printable(one.keptAside)}; remove it when you are sure`,
          ]),
      ...(one.seal === 'none'
        ? [`${name}: its manifest carries no seal, so nothing tells who wrote it`]
        : []),
      ...named(
        name,
        one.notRestored.map(({ path, why }) => `not as it was: ${printable(path)}: ${why}`),
      ),
      ...named(name, one.lost.map(lostLine)),
    ];
  });
}

function lostLine({ path, plaintext, why }: LostFile): string {
  return `left out: ${printable(plaintext ?? path)}: ${printable(why)}`;
}

function named(name: string, lines: readonly string[]): string[] {
  const rest = lines.length - mostNamed;
  return [
    ...lines.slice(0, mostNamed).map((line) => `${name}: ${line}`),
    ...(rest > 0 ? [`${name}: … and ${rest} more (--json has all)`] : []),
  ];
}

function whatOf({ paths, generation, at }: RestoreResult): string {
  const whole = `generation ${generation} of ${at}`;
  if (paths === null) return whole;
  const rest = paths.length - mostNamed;
  const shown = paths.slice(0, mostNamed).map(printable).join(', ');
  return `${shown}${rest > 0 ? ` and ${rest} more` : ''} of ${whole}`;
}
