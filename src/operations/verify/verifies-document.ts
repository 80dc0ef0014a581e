/** What checking several profiles comes to: a row for each of their mappings. */
import type { CryptosyncError } from '../../system/errors.ts';
import { type ResultsDocument, resultsDocument } from '../several/results.ts';
import type { TargetResult } from '../targets.ts';
import type { VerifyResult } from './request.ts';

/** A check of one mapping; of a profile that could not be begun, the names and the error alone. */
export type VerifyRow = { readonly client: string; readonly profile: string } & (
  | VerifyResult
  | { readonly error: CryptosyncError }
);

export function verifiesDocument(
  results: readonly TargetResult<VerifyResult[]>[],
): ResultsDocument<VerifyRow> {
  const rows = results.flatMap(({ layout, result, error }): VerifyRow[] => {
    const names = { client: layout.client, profile: layout.profile };
    if (error !== undefined) return [{ ...names, error }];
    return (result ?? []).map((mapping) => ({ ...names, ...mapping }));
  });
  return resultsDocument(rows);
}
