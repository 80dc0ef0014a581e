/** A former generation is opened by the password that the vault had then. */
import type { Chosen } from '../../sync/generations/choice.ts';
import type { Past } from '../../sync/generations/history.ts';
import { CryptosyncError } from '../../system/errors.ts';

/** Opens what came of a generation. @throws what `open` throws, a wrong password with the advice to try the former one */
export async function openedAsThen<Result>(
  { head: { generation } }: Chosen,
  { marker }: Past,
  open: () => Promise<Result>,
): Promise<Result> {
  try {
    return await open();
  } catch (error) {
    const isWrong = error instanceof CryptosyncError && error.code === 'WRONG_PASSWORD';
    if (!isWrong || generation >= marker.generation) throw error;
    const { message, details, cause } = error;
    throw new CryptosyncError('WRONG_PASSWORD', message, {
      advice: { to: 'try-former-password', generation },
      ...(details !== undefined && { details }),
      cause: cause ?? error,
    });
  }
}
