/** From the results of several profiles to the JSON document and the exit code. */
import { CryptosyncError, type ErrorReport } from '../system/errors.ts';

export interface ResultDocument<Row> {
  results: Row[];
  /** Of the one profile that failed, or PARTIAL when there were several profiles. */
  error?: ErrorReport;
}

/** The error that a run over several profiles ends with: its own for one profile, PARTIAL for one of several. */
export function overallError(errors: readonly (CryptosyncError | undefined)[]): CryptosyncError | undefined {
  const failures = errors.filter((error) => error !== undefined);
  const interrupted = failures.find(({ code }) => code === 'INTERRUPTED');
  if (interrupted !== undefined) return interrupted;
  if (failures.length === 0 || errors.length === 1) return failures[0];
  return new CryptosyncError('PARTIAL', `${failures.length} of ${errors.length} failed`);
}

export function toDocument<Row>(rows: Row[], error: CryptosyncError | undefined): ResultDocument<Row> {
  return { results: rows, ...(error === undefined ? {} : { error: error.toReport() }) };
}
