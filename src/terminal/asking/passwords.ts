/** The vault password for commands: the flags' sources first, the prompt last. stdin is read once for all vaults. */

import { nameOf, type ProfileLayout } from '../../clients/layout.ts';
import type { Context, PasswordProvider } from '../../operations/context.ts';
import { readPassword } from '../../secrets/password.ts';
import { Secret } from '../../secrets/secret.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { lineOf, readStdin } from '../../system/stdin.ts';
import type { Manner } from '../base-command.ts';
import { askHidden, prompting } from './question.ts';

/** How often somebody may type a password wrong. */
export const attempts = 3;

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
  let stdin: Promise<Buffer> | undefined;
  const readStdinOnce = async (): Promise<Buffer> => {
    stdin ??= readStdin(context.signal);
    return Buffer.from(await stdin);
  };
  // two vaults may be mounted at the same time: their questions come one after the other
  let last: Promise<unknown> = Promise.resolve();
  const typed = new Map<string, number>();
  const provide: PasswordProvider = (layout, profile) =>
    readPassword(
      {
        file: flags['password-file'],
        command: flags['password-command'],
        argument: flags['vault-password'],
        credential: `cryptosync-${layout.client}-${layout.profile}`,
        profileFile: profile.passwordFile,
        profileCommand: profile.passwordCommand,
        prompt: prompting(manner, () => {
          typed.set(nameOf(layout), (typed.get(nameOf(layout)) ?? 0) + 1);
          return promptForSecret('password', nameOf(layout), isNew, context.signal);
        }),
        subject: nameOf(layout),
      },
      {
        environment: context.environment,
        signal: context.signal,
        warn: context.warn,
        readStdin: readStdinOnce,
      },
    );
  // and none comes after one that was left by Ctrl-C
  let left: CryptosyncError | undefined;
  const inTurn: PasswordProvider = (layout, profile) => {
    const answer = last.then(() => {
      if (left !== undefined) throw left;
      return provide(layout, profile);
    });
    last = answer.catch((error: unknown) => {
      if (error instanceof CryptosyncError && error.code === 'INTERRUPTED') left = error;
    });
    return answer;
  };
  return Object.assign(inTurn, {
    // a source that gave a wrong password would give it again
    mayAskAgain(layout: ProfileLayout) {
      const times = typed.get(nameOf(layout)) ?? 0;
      return !isNew && times > 0 && times < attempts && !context.signal?.aborted;
    },
  });
}

/**
 * Does what needs a vault's password. One that was typed and is wrong is asked for again, three times in all; a file,
 * a command or a variable is not.
 */
export async function askingAgain<Result>(
  password: PasswordProvider,
  layout: ProfileLayout,
  work: () => Promise<Result>,
): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (thrown) {
      const isWrong = thrown instanceof CryptosyncError && thrown.code === 'WRONG_PASSWORD';
      if (!isWrong || password.mayAskAgain?.(layout) !== true) throw thrown;
      process.stderr.write(`That is not the password of ${nameOf(layout)}. Once more.\n`);
    }
  }
}

/** A new password stands when the old one was mistyped: each call gives a copy, which its caller wipes. */
function onceAsked(ask: () => Promise<Secret>): () => Promise<Secret> {
  let answer: Promise<Secret> | undefined;
  return async () => {
    answer ??= ask();
    return new Secret(Buffer.from((await answer).reveal()));
  };
}

export interface NewPasswordFlags extends PasswordFlags {
  readonly 'new-password-file'?: string | undefined;
}

/** The old and the new password for a change. When both come from stdin, they are its first and second line. */
export function oldAndNewPassword(
  context: Context,
  flags: NewPasswordFlags,
  manner: Manner,
  subject: string,
): { oldPassword: PasswordProvider; newPassword: () => Promise<Secret> } {
  const newFile = flags['new-password-file'];
  const { environment } = context;
  let stdin: Buffer | undefined;
  const stdinLine = async (index: number): Promise<Buffer> => {
    stdin ??= await readStdin(context.signal);
    return lineOf(stdin, index);
  };
  const bothFromStdin = flags['password-file'] === '-' && newFile === '-';
  const dependencies = { signal: context.signal, warn: context.warn };
  return {
    oldPassword: bothFromStdin
      ? () =>
          readPassword(
            { file: '-', credential: '', subject },
            { ...dependencies, environment, readStdin: () => stdinLine(0) },
          )
      : passwordProvider(context, flags, manner, false),
    newPassword: onceAsked(() =>
      readPassword(
        {
          file: newFile,
          variable: 'CRYPTOSYNC_NEW_PASSWORD',
          credential: '',
          subject: `${subject} (new)`,
          advice: { to: 'give-new-password' },
          prompt: manner.mayPrompt
            ? () => promptForSecret('password', subject, true, context.signal)
            : undefined,
        },
        {
          ...dependencies,
          environment,
          readStdin: () => stdinLine(bothFromStdin ? 1 : 0),
        },
      ),
    ),
  };
}

/** Asks on the terminal without an echo; for a new one twice, until the two agree. */
export async function promptForSecret(
  noun: 'password' | 'passphrase',
  subject: string,
  isNew: boolean,
  signal: AbortSignal | undefined,
): Promise<Secret> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const first = await askHidden(`${isNew ? `New ${noun}` : noun.replace('p', 'P')} of ${subject}:`, signal);
    if (!isNew || first.equals(await askHidden('The same again:', signal))) return first;
    process.stderr.write('The two differ. Once more.\n');
  }
  throw new CryptosyncError('PASSWORD_REQUIRED', 'the two differed three times');
}
