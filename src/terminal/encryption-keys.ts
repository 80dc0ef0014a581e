/** The key of a crypt layer for commands: the flags' sources first, the prompt last. */
import type { Context, KeyProvider } from '../operations/context.ts';
import { nameOf } from '../operations/recorded.ts';
import { readEncryptionKey, readEncryptionSalt } from '../secrets/encryption-key-sources.ts';
import { Secret } from '../secrets/secret.ts';
import { readStdin } from '../system/stdin.ts';
import type { Manner } from './base-command.ts';
import { answerTo } from './question.ts';

export interface KeyFlags {
  readonly 'encryption-key-file'?: string | undefined;
  readonly 'encryption-salt-file'?: string | undefined;
}

export interface NewKeyFlags {
  readonly 'new-encryption-key-file'?: string | undefined;
  readonly 'new-encryption-salt-file'?: string | undefined;
}

/** The new key and salt of a rekeying: their own flags and variables, never the profile's. */
export function newKeyProvider(context: Context, flags: NewKeyFlags, manner: Manner): KeyProvider {
  const { CRYPTOSYNC_NEW_ENCRYPTION_KEY: key, CRYPTOSYNC_NEW_ENCRYPTION_SALT: salt } = context.environment;
  const environment = {
    PATH: context.environment['PATH'],
    ...(key === undefined ? {} : { CRYPTOSYNC_ENCRYPTION_KEY: key }),
    ...(salt === undefined ? {} : { CRYPTOSYNC_ENCRYPTION_SALT: salt }),
  };
  const own = {
    'encryption-key-file': flags['new-encryption-key-file'],
    'encryption-salt-file': flags['new-encryption-salt-file'],
  };
  const provide = keyProvider({ ...context, environment }, own, manner);
  return (layout) => provide(layout, {});
}

/** stdin, when both come from there, holds the key on its first line and the salt on its second. */
export function keyProvider(context: Context, flags: KeyFlags, manner: Manner): KeyProvider {
  const readLine = lineReader(flags['encryption-key-file'] === '-' && flags['encryption-salt-file'] === '-');
  return async (layout, profile) => {
    const subject = nameOf(layout);
    const name = `cryptosync-${layout.client}-${layout.profile}`;
    const dependencies = { environment: context.environment, signal: context.signal, warn: context.warn };
    const key = await readEncryptionKey(
      {
        file: flags['encryption-key-file'],
        credential: `${name}-key`,
        profileCommand: profile.encryptionKeyCommand,
        prompt: manner.mayPrompt ? () => promptForKey(subject, context.signal) : undefined,
        subject,
      },
      { ...dependencies, readStdin: () => readLine(0) },
    );
    const salt = await readEncryptionSalt(
      {
        file: flags['encryption-salt-file'],
        credential: `${name}-salt`,
        profileCommand: profile.encryptionSaltCommand,
        subject,
      },
      { ...dependencies, readStdin: () => readLine(1) },
    );
    return { key, salt };
  };
}

function lineReader(hasTwoLines: boolean): (index: number) => Buffer {
  let text: string | undefined;
  return (index) => {
    text ??= readStdin().toString('utf8');
    return Buffer.from(hasTwoLines ? (text.split('\n')[index] ?? '') : text);
  };
}

async function promptForKey(subject: string, signal: AbortSignal | undefined): Promise<Secret> {
  const { password } = await import('@inquirer/prompts');
  const context = { output: process.stderr, ...(signal === undefined ? {} : { signal }) };
  const message = `Encryption key of ${subject}:`;
  return new Secret(await answerTo(password({ message, mask: false, toggleMask: false }, context)));
}
