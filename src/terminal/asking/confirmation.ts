/** Confirming what can't be taken back: the operator types a name, or a script gives it by a flag. */
import { CryptosyncError } from '../../system/errors.ts';

export interface Confirmation {
  /** What the flag gave. */
  readonly given: string | undefined;
  readonly flag: string;
  readonly mayPrompt: boolean;
}

/** @throws USAGE when the name was not given, or is another. */
export async function confirmByName(
  question: string,
  name: string,
  confirmation: Confirmation,
): Promise<void> {
  const { given, flag, mayPrompt } = confirmation;
  const answer = given ?? (mayPrompt ? await ask(`${question} Type ${name} to go on:`) : undefined);
  if (answer === name) return;
  throw new CryptosyncError(
    'USAGE',
    answer === undefined ? 'this needs to be confirmed' : 'that is another name',
    {
      advice: { to: 'confirm-by-name', flag, name },
    },
  );
}

async function ask(message: string): Promise<string> {
  const { input } = await import('@inquirer/prompts');
  return await input({ message }, { output: process.stderr });
}
