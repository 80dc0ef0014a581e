/** What a check says: a line a mapping, and below it everything that is not as it should be. */
import type { ResultsDocument } from '../../operations/several/results.ts';
import type { NamedDamage, VerifyResult } from '../../operations/verify/request.ts';
import type { VerifyRow } from '../../operations/verify/verifies-document.ts';
import type { Reporter } from '../base-command.ts';
import { count, formatBytes, formatSeconds, printable } from './style.ts';

/** Files that are named at the most; --verbose and --json have all. */
const mostNamed = 50;

export function showVerifies(
  { results }: ResultsDocument<VerifyRow>,
  verbose: boolean,
  reporter: Reporter,
): void {
  for (const row of results) {
    const name = `${row.client}/${row.profile}`;
    if ('outcome' in row) for (const line of describe(row, verbose)) reporter.say(`${name}: ${line}`);
    if (row.error !== undefined) reporter.tell(row.error, name);
  }
  if (results.length === 0) reporter.say('There are no clients.');
}

function describe(result: VerifyResult, verbose: boolean): string[] {
  const { remote, generation, at, damaged, unchecked, seal, drill } = result;
  const most = verbose ? Number.POSITIVE_INFINITY : mostNamed;
  const rest = damaged.length + unchecked.length - most;
  const named = [
    ...damaged.map(damageLine),
    ...unchecked.map(({ path, why }) => `could not be checked: ${printable(path)}: ${printable(why)}`),
  ];
  const head =
    result.outcome === 'verified'
      ? [
          `${printable(remote ?? '')} holds generation ${generation} of ${at} as it was committed: ${looked(result)}`,
        ]
      : [];
  return [
    ...named.slice(0, most),
    ...(rest > 0 ? [`… and ${rest} more (--verbose shows all)`] : []),
    ...head,
    ...(result.outcome === 'verified' && seal === 'unknown'
      ? ['its seal could not be checked: the vault was not opened on this machine yet']
      : []),
    ...(result.outcome === 'verified' && seal === 'none' ? ['its manifest carries no seal'] : []),
    ...(drill === undefined
      ? []
      : [
          `the return took ${formatSeconds(drill.restoreMs / 1000)}, and with opening and reading ${formatSeconds(drill.totalMs / 1000)}: ${count(drill.files, 'file')} in the clear${live(drill.differentFromLive)}`,
        ]),
  ];
}

function looked({ how, files, filesRead, bytesRead, durationMs }: VerifyResult): string {
  const read = filesRead === 0 ? '' : `, ${filesRead} of them read (${formatBytes(bytesRead)})`;
  return `${count(files, 'file')}${read}, ${how}, in ${formatSeconds(durationMs / 1000)}`;
}

function live(different: number | null): string {
  if (different === null) return '';
  return different === 0 ? ', all as in the mounted vault' : `, ${different} not as in the mounted vault now`;
}

const words: Readonly<Record<NamedDamage['damage'], string>> = {
  missing: 'missing',
  emptied: 'emptied',
  size: 'of another size',
  content: 'of other content',
  kind: 'no file any more',
  added: 'added by somebody',
  manifest: 'damaged',
  unreadable: 'not to be read in the clear',
};

function damageLine({ path, damage, plaintext, repaired }: NamedDamage): string {
  const file = plaintext === undefined ? printable(path) : `${printable(plaintext)} (${printable(path)})`;
  return `${words[damage]}: ${file}${repaired ? ': sent again, right now' : ''}`;
}
