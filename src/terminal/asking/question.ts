/** A question that was left by Ctrl-C is an interruption, wherever it was asked. */
import { Secret } from '../../secrets/secret.ts';
import { CryptosyncError } from '../../system/errors.ts';

/** The error for a question that was left unanswered; undefined when something else went wrong. */
export function unanswered(thrown: unknown): CryptosyncError | undefined {
  const { name } = thrown as { name?: string };
  if (name !== 'ExitPromptError' && name !== 'AbortPromptError') return undefined;
  return new CryptosyncError('INTERRUPTED', 'the question was left unanswered', {
    advice: { to: 'nothing-changed' },
  });
}

/** The answer to a question of @inquirer/prompts. @throws INTERRUPTED */
export async function answerTo<Answer>(question: Promise<Answer>): Promise<Answer> {
  try {
    return await question;
  } catch (thrown) {
    throw unanswered(thrown) ?? thrown;
  }
}

/** Asks on the terminal, on stderr, without an echo. @throws INTERRUPTED */
export async function askHidden(message: string, signal: AbortSignal | undefined): Promise<Secret> {
  const { password } = await import('@inquirer/prompts');
  const context = { output: process.stderr, ...(signal === undefined ? {} : { signal }) };
  return new Secret(await answerTo(password({ message, mask: false, toggleMask: false }, context)));
}

/** Of a command's manner, what is about questions. */
interface Asking {
  readonly mayPrompt: boolean;
  readonly asking?: (<Answer>(ask: () => Promise<Answer>) => Promise<Answer>) | undefined;
}

/** What asks a question in the manner of a command; undefined where nobody may be asked. */
export function prompting<Answer>(
  { mayPrompt, asking }: Asking,
  ask: () => Promise<Answer>,
): (() => Promise<Answer>) | undefined {
  if (!mayPrompt) return undefined;
  return asking === undefined ? ask : () => asking(ask);
}
