/** The table of `generations`, one a place. */
import type { ListedGeneration, PlaceGenerations } from '../../operations/generations/list.ts';
import { formatBytes, printable } from './style.ts';
import { renderTable } from './table.ts';

const heading = ['GENERATION', 'TIME', 'MACHINE', 'FILES', 'SIZE', 'CHANGED', 'KEPT UNTIL', 'VERIFIED'];

export function generationLines(places: readonly PlaceGenerations[]): string[] {
  return places.flatMap(({ source, remote, generations, unfinished }, index) => {
    const rows = generations.map((one) => [
      String(one.number),
      one.at,
      one.isOurs ? 'this one' : one.machine.slice(0, 8),
      String(one.files),
      formatBytes(one.bytes),
      String(one.changed),
      one.keptUntil?.slice(0, 10) ?? 'kept',
      verifiedOf(one),
    ]);
    const whose = source === null ? '' : `${printable(source)}: `;
    const note =
      unfinished === null ? [] : [`A run that began at ${unfinished} has not ended there; these are whole.`];
    const place = places.length === 1 && source === null ? [] : [`${whose}${printable(remote)}`];
    return [...(index === 0 ? [] : ['']), ...place, renderTable([heading, ...rows]), ...note];
  });
}

/** As `status` has it of the place. */
function verifiedOf({ verified, damaged }: ListedGeneration): string {
  if (damaged !== null) return `${damaged.at.slice(0, 10)} DAMAGED`;
  return verified === null ? 'never' : `${verified.at.slice(0, 10)} ${verified.how}`;
}
