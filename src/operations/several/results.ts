/**
 * What a run over several profiles comes to. It is the document of `--json` and of every other face: an error in it
 * is, as JSON, its report.
 */
import { CryptosyncError } from '../../system/errors.ts';

export interface ResultsDocument<Row> {
  readonly results: readonly Row[];
  /** Of the one profile that failed, or PARTIAL when there were several profiles. */
  readonly error?: CryptosyncError;
}

/**
 * The error that a run over several profiles ends with: its own for one profile, PARTIAL for one of several; SKIPPED
 * where all that was not done was put off.
 */
export function overallError(errors: readonly (CryptosyncError | undefined)[]): CryptosyncError | undefined {
  const failures = errors.filter((error) => error !== undefined);
  const interrupted = failures.find(({ code }) => code === 'INTERRUPTED');
  if (interrupted !== undefined) return interrupted;
  if (failures.length === 0 || errors.length === 1) return failures[0];
  if (failures.every(({ code }) => code === 'SKIPPED'))
    return new CryptosyncError('SKIPPED', `${failures.length} of ${errors.length} were put off`);
  return new CryptosyncError('PARTIAL', `${failures.length} of ${errors.length} failed`);
}

export function resultsDocument<Row extends { readonly error?: CryptosyncError }>(
  results: readonly Row[],
): ResultsDocument<Row> {
  const error = overallError(results.map((row) => row.error));
  return { results, ...(error === undefined ? {} : { error }) };
}
