/** What mount and unmount show: one line a vault. */

import type { ResultsDocument } from '../../operations/several/results.ts';
import type { VaultRow } from '../../operations/several/vault-rows.ts';
import type { Reporter } from '../base-command.ts';
import { count, printable } from './style.ts';

export function showVaults({ results, error }: ResultsDocument<VaultRow>, reporter: Reporter): void {
  for (const row of results) {
    const name = `${row.client}/${row.profile}`;
    if (row.error !== undefined) reporter.tell(row.error, name);
    else reporter.say(`${name}: ${describe(row)}`);
  }
  if (results.length === 0) reporter.say('There are no clients.');
  if (error?.code === 'PARTIAL') reporter.say(`${count(results.length, 'vault')}: ${error.message}.`);
}

function describe({ state, mountDir, changed, readOnly }: VaultRow): string {
  const place = printable(mountDir ?? '');
  if (state === 'unmounted') return changed ? `unmounted from ${place}` : 'was not mounted';
  const mode = readOnly === true ? ', to read only' : '';
  return changed ? `mounted at ${place}${mode}` : `is mounted at ${place} already${mode}`;
}
