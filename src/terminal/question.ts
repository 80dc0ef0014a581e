/** A question that was left by Ctrl-C is an interruption, wherever it was asked. */
import { CryptosyncError } from '../system/errors.ts';

/** The error for a question that was left unanswered; undefined when something else went wrong. */
export function unanswered(thrown: unknown): CryptosyncError | undefined {
  const { name } = thrown as { name?: string };
  if (name !== 'ExitPromptError' && name !== 'AbortPromptError') return undefined;
  return new CryptosyncError('INTERRUPTED', 'the question was left unanswered', {
    hint: 'Nothing was changed.',
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
