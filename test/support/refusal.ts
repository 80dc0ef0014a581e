/** What an action fails with, when it must fail with an error of the catalogue. */
import { CryptosyncError } from '../../src/system/errors.ts';
import { adviceFor } from '../../src/terminal/advice/index.ts';

function asRefusal(error: unknown): CryptosyncError {
  if (error instanceof CryptosyncError) return error;
  throw error;
}

export function refusalOf(action: () => unknown): CryptosyncError {
  try {
    action();
  } catch (error) {
    return asRefusal(error);
  }
  throw new Error('it was not refused');
}

export async function rejectionOf(promise: Promise<unknown>): Promise<CryptosyncError> {
  try {
    await promise;
  } catch (error) {
    return asRefusal(error);
  }
  throw new Error('it was not refused');
}

/** What the command line advises about a refusal; the empty text when it advises nothing. */
export function hintOf(error: CryptosyncError): string {
  return adviceFor(error) ?? '';
}
