/** The vault password for commands: the flags' sources first, the prompt last. stdin is read once for all vaults. */
import { readFileSync } from 'node:fs';
import type { Context, PasswordProvider } from '../operations/context.ts';
import { nameOf } from '../operations/recorded.ts';
import { readPassword } from '../secrets/password.ts';
import { Secret } from '../secrets/secret.ts';
import { CryptosyncError } from '../system/errors.ts';
import type { Manner } from './base-command.ts';

export interface PasswordFlags {
  readonly 'password-file'?: string | undefined;
  readonly 'password-command'?: string | undefined;
  readonly 'vault-password'?: string | undefined;
}

/** @param isNew the password of a new vault is typed twice. */
export function passwordProvider(
  context: Context,
  flags: PasswordFlags,
  manner: Manner,
  isNew: boolean,
): PasswordProvider {
  let stdin: Buffer | undefined;
  const readStdin = (): Buffer => {
    stdin ??= readFileSync(0);
    return Buffer.from(stdin);
  };
  return async (layout, profile) =>
    await readPassword(
      {
        file: flags['password-file'],
        command: flags['password-command'],
        argument: flags['vault-password'],
        credential: `cryptosync-${layout.client}-${layout.profile}`,
        profileFile: profile.passwordFile,
        profileCommand: profile.passwordCommand,
        prompt: manner.mayPrompt ? () => promptForPassword(nameOf(layout), isNew, context.signal) : undefined,
        subject: nameOf(layout),
      },
      { environment: context.environment, signal: context.signal, warn: context.warn, readStdin },
    );
}

const attempts = 3;

/** Asks on the terminal without an echo; a new password twice, until the two agree. */
async function promptForPassword(
  subject: string,
  isNew: boolean,
  signal: AbortSignal | undefined,
): Promise<Secret> {
  const { password } = await import('@inquirer/prompts');
  const context = { output: process.stderr, ...(signal === undefined ? {} : { signal }) };
  const ask = async (message: string): Promise<Secret> =>
    new Secret(await password({ message, mask: false }, context));
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const first = await ask(`${isNew ? 'New password' : 'Password'} of ${subject}:`);
    if (!isNew || first.equals(await ask('The same again:'))) return first;
    process.stderr.write('The two differ. Once more.\n');
  }
  throw new CryptosyncError('PASSWORD_REQUIRED', 'the two passwords differed three times');
}
