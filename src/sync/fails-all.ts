import { CryptosyncError } from '../system/errors.ts';

/** Failures of a place as a whole, or of this machine. */
const codes: ReadonlySet<string> = new Set([
  'INTERRUPTED',
  'REMOTE_UNREACHABLE',
  'REMOTE_AUTH_FAILED',
  'DISK_FULL',
]);

/** Whether nothing else that is asked of a place would be answered after this, so that it is not about one file. */
export function failsAll(error: unknown): boolean {
  return !(error instanceof CryptosyncError) || codes.has(error.code);
}
