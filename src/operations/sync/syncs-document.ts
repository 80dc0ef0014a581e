/** What syncing several profiles comes to: a row for each of their mappings. */
import type { SyncResult } from '../../sync/result.ts';
import type { CryptosyncError } from '../../system/errors.ts';
import { type ResultsDocument, resultsDocument } from '../several/results.ts';
import type { TargetResult } from '../targets.ts';

/** A sync of one mapping; of a profile that could not be begun, the names and the error alone. */
export type SyncRow = { readonly client: string; readonly profile: string } & (
  | SyncResult
  | { readonly error: CryptosyncError }
);

export function syncsDocument(results: readonly TargetResult<SyncResult[]>[]): ResultsDocument<SyncRow> {
  const rows = results.flatMap(({ layout, result, error }): SyncRow[] => {
    const names = { client: layout.client, profile: layout.profile };
    if (error !== undefined) return [{ ...names, error }];
    return (result ?? []).map((mapping) => ({ ...names, ...mapping }));
  });
  return resultsDocument(rows);
}
