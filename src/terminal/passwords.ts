/** The vault password for commands: the flags' sources first, the prompt last. stdin is read once for all vaults. */
import type { Context, PasswordProvider } from '../operations/context.ts';
import { nameOf } from '../operations/recorded.ts';
import { readPassword } from '../secrets/password.ts';
import { Secret } from '../secrets/secret.ts';
import { CryptosyncError } from '../system/errors.ts';
import { readStdin } from '../system/stdin.ts';
import type { Manner } from './base-command.ts';
import { answerTo } from './question.ts';

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
  const readStdinOnce = (): Buffer => {
    stdin ??= readStdin();
    return Buffer.from(stdin);
  };
  // two vaults may be mounted at the same time: their questions come one after the other
  let last: Promise<unknown> = Promise.resolve();
  const provide: PasswordProvider = (layout, profile) =>
    readPassword(
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
      {
        environment: context.environment,
        signal: context.signal,
        warn: context.warn,
        readStdin: readStdinOnce,
      },
    );
  // and none comes after one that was left by Ctrl-C
  let left: CryptosyncError | undefined;
  return (layout, profile) => {
    const answer = last.then(() => {
      if (left !== undefined) throw left;
      return provide(layout, profile);
    });
    last = answer.catch((error: unknown) => {
      if (error instanceof CryptosyncError && error.code === 'INTERRUPTED') left = error;
    });
    return answer;
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
  const { CRYPTOSYNC_NEW_PASSWORD: variable, ...environment } = context.environment;
  let lines: Buffer[] | undefined;
  const stdinLine = (index: number): Buffer => {
    lines ??= splitLines(readStdin());
    return Buffer.from(lines[index] ?? Buffer.alloc(0));
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
    newPassword: () =>
      readPassword(
        {
          file: newFile,
          credential: '',
          subject: `${subject} (new)`,
          advice: 'Give it with --new-password-file PATH or CRYPTOSYNC_NEW_PASSWORD, or run on a terminal.',
          prompt: manner.mayPrompt ? () => promptForPassword(subject, true, context.signal) : undefined,
        },
        {
          ...dependencies,
          // of the variables only the new password's counts here
          environment: {
            PATH: environment['PATH'],
            ...(variable === undefined ? {} : { CRYPTOSYNC_PASSWORD: variable }),
          },
          readStdin: () => stdinLine(bothFromStdin ? 1 : 0),
        },
      ),
  };
}

function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return [...lines, bytes.subarray(start)];
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
    new Secret(await answerTo(password({ message, mask: false, toggleMask: false }, context)));
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const first = await ask(`${isNew ? 'New password' : 'Password'} of ${subject}:`);
    if (!isNew || first.equals(await ask('The same again:'))) return first;
    process.stderr.write('The two differ. Once more.\n');
  }
  throw new CryptosyncError('PASSWORD_REQUIRED', 'the two passwords differed three times');
}
