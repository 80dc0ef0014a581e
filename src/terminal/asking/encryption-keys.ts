/** The key of a crypt layer for commands: the flags' sources first, the prompt last. */

import { nameOf } from '../../clients/layout.ts';
import type { Context, KeyProvider } from '../../operations/context.ts';
import { readEncryptionKey, readEncryptionSalt } from '../../secrets/encryption-key-sources.ts';
import { lineOf, readStdin } from '../../system/stdin.ts';
import type { Manner } from '../base-command.ts';
import { askHidden, prompting } from './question.ts';

export interface KeyFlags {
  readonly 'encryption-key-file'?: string | undefined;
  readonly 'encryption-salt-file'?: string | undefined;
}

export interface NewKeyFlags {
  readonly 'new-encryption-key-file'?: string | undefined;
  readonly 'new-encryption-salt-file'?: string | undefined;
}

const current = { key: 'CRYPTOSYNC_ENCRYPTION_KEY', salt: 'CRYPTOSYNC_ENCRYPTION_SALT' } as const;
const next = { key: 'CRYPTOSYNC_NEW_ENCRYPTION_KEY', salt: 'CRYPTOSYNC_NEW_ENCRYPTION_SALT' } as const;
type KeyVariables = typeof current | typeof next;

/** The new key and salt of a rekeying: their own flags and variables, never the profile's. */
export function newKeyProvider(context: Context, flags: NewKeyFlags, manner: Manner): KeyProvider {
  // no credentials of systemd either: those are the key's in use
  const { CREDENTIALS_DIRECTORY: _, ...environment } = context.environment;
  const own = {
    'encryption-key-file': flags['new-encryption-key-file'],
    'encryption-salt-file': flags['new-encryption-salt-file'],
  };
  const provide = providerFrom(next, { ...context, environment }, own, manner);
  return (layout) => provide(layout, {});
}

/** stdin, when both come from there, holds the key on its first line and the salt on its second. */
export function keyProvider(context: Context, flags: KeyFlags, manner: Manner): KeyProvider {
  return providerFrom(current, context, flags, manner);
}

function providerFrom(
  variables: KeyVariables,
  context: Context,
  flags: KeyFlags,
  manner: Manner,
): KeyProvider {
  const readLine = lineReader(flags, context.signal);
  return async (layout, profile) => {
    const subject = nameOf(layout);
    const name = `cryptosync-${layout.client}-${layout.profile}`;
    const dependencies = { environment: context.environment, signal: context.signal, warn: context.warn };
    const key = await readEncryptionKey(
      {
        file: flags['encryption-key-file'],
        variable: variables.key,
        credential: `${name}-key`,
        profileCommand: profile.encryptionKeyCommand,
        prompt: prompting(manner, () => askHidden(`Encryption key of ${subject}:`, context.signal)),
        subject,
      },
      { ...dependencies, readStdin: () => readLine(0) },
    );
    const salt = await readEncryptionSalt(
      {
        file: flags['encryption-salt-file'],
        variable: variables.salt,
        credential: `${name}-salt`,
        profileCommand: profile.encryptionSaltCommand,
        subject,
      },
      { ...dependencies, readStdin: () => readLine(1) },
    );
    return { key, salt };
  };
}

/** Reads stdin once: a line for each where key and salt both come from there, else all of it. */
export function lineReader(
  flags: KeyFlags,
  signal: AbortSignal | undefined,
): (index: number) => Promise<Buffer> {
  const hasTwoLines = flags['encryption-key-file'] === '-' && flags['encryption-salt-file'] === '-';
  let bytes: Buffer | undefined;
  return async (index) => {
    bytes ??= await readStdin(signal);
    return hasTwoLines ? lineOf(bytes, index) : Buffer.from(bytes);
  };
}
