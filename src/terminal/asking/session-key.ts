/** The key of a tenant for a claim: from where a command's key comes, and asked for when the server says that it needs one. */
import type { Context } from '../../operations/context.ts';
import type { CryptKey } from '../../remotes/crypt.ts';
import {
  findEncryptionKey,
  readEncryptionKey,
  readEncryptionSalt,
} from '../../secrets/encryption-key-sources.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { Manner } from '../base-command.ts';
import { type KeyFlags, lineReader } from './encryption-keys.ts';
import { askHidden, prompting } from './question.ts';

export interface SessionKeyFlags extends KeyFlags {
  readonly 'encryption-key-command'?: string | undefined;
}

/**
 * Does something with the key of a tenant, and once more with one that is asked for, where it turns out that one is
 * needed. The key is wiped at the end.
 */
export async function withSessionKey<Result>(
  { context, flags, manner }: { context: Context; flags: SessionKeyFlags; manner: Manner },
  tenant: string,
  action: (key: CryptKey | undefined) => Promise<Result>,
): Promise<Result> {
  const { environment, signal, warn } = context;
  const readLine = lineReader(flags, signal);
  const dependencies = { environment, signal, warn };
  const from = {
    subject: tenant,
    command: flags['encryption-key-command'],
    file: flags['encryption-key-file'],
  };
  const keySources = { ...from, credential: `cryptosync-${tenant}-key` };
  const key = await findEncryptionKey(keySources, { ...dependencies, readStdin: () => readLine(0) });
  const salt = await readEncryptionSalt(
    { subject: tenant, file: flags['encryption-salt-file'], credential: `cryptosync-${tenant}-salt` },
    { ...dependencies, readStdin: () => readLine(1) },
  );
  const ask = prompting(manner, () => askHidden(`Encryption key of ${tenant}:`, signal));
  try {
    if (key !== undefined || ask === undefined) return await action(key && { key, salt });
    try {
      return await action(undefined);
    } catch (error) {
      if (!(error instanceof CryptosyncError) || error.code !== 'KEY_REQUIRED') throw error;
      const asked = await readEncryptionKey(
        { ...keySources, prompt: ask },
        { ...dependencies, readStdin: () => readLine(0) },
      );
      try {
        return await action({ key: asked, salt });
      } finally {
        asked.wipe();
      }
    }
  } finally {
    key?.wipe();
    salt?.wipe();
  }
}
