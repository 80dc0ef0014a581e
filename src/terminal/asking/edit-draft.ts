/** Editing a configuration as visudo does: a copy in the editor, asked about until it is right or discarded. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Draft } from '../../operations/config/draft.ts';
import { findExecutable } from '../../system/dependencies.ts';
import { operatorEnvironment } from '../../system/environment.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { temporaryDirectory } from '../../system/paths/temporary.ts';
import { runOnTerminal } from '../../system/process/terminal.ts';
import { adviceFor } from '../advice/index.ts';
import { printable } from '../showing/style.ts';

export type EditOutcome = 'saved' | 'unchanged' | 'discarded';

/** @param mayPrompt false without a terminal. @throws USAGE without one; CONFIG_INVALID when the editor fails */
export async function editDraft(
  makeDraft: () => Draft,
  environment: NodeJS.ProcessEnv,
  mayPrompt: boolean,
): Promise<{ file: string; outcome: EditOutcome }> {
  if (!mayPrompt) {
    throw new CryptosyncError('USAGE', 'config opens an editor and needs a terminal', {
      advice: { to: 'edit-by-script' },
    });
  }
  const draft = makeDraft();
  const directory = mkdtempSync(join(temporaryDirectory(), 'cryptosync-config-'));
  try {
    const copy = join(directory, basename(draft.file));
    writeFileSync(copy, draft.text, { mode: 0o600 });
    return { file: draft.file, outcome: await editUntilSettled(draft, copy, environment) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function editUntilSettled(
  draft: Draft,
  copy: string,
  environment: NodeJS.ProcessEnv,
): Promise<EditOutcome> {
  for (;;) {
    await openEditor(environment, copy);
    const submission = await draft.submit(readFileSync(copy, 'utf8'));
    if (submission.kind !== 'refused') return submission.kind;
    if ((await askAgain(submission.reasons)) === 'discard') return 'discarded';
  }
}

async function openEditor(environment: NodeJS.ProcessEnv, file: string): Promise<void> {
  const editor = environment['VISUAL'] || environment['EDITOR'] || 'vi';
  const { exitCode } = await runOnTerminal({
    file: findExecutable('sh', environment) ?? '/bin/sh',
    // an editor may come with arguments, as in "code --wait"
    args: ['-c', `${editor} "$1"`, 'editor', file],
    environment: operatorEnvironment(environment),
  });
  if (exitCode === 0) return;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `the editor \`${editor}\` ended with ${exitCode ?? 'a signal'}`,
    {
      advice: { to: 'choose-other-editor' },
    },
  );
}

/** The lines of a reason; of an error also what to do about it. */
function linesOf(reason: string | CryptosyncError): string[] {
  if (typeof reason === 'string') return [reason];
  const advice = adviceFor(reason);
  return advice === undefined ? [reason.message] : [reason.message, advice];
}

async function askAgain(reasons: readonly (string | CryptosyncError)[]): Promise<'again' | 'discard'> {
  process.stderr.write("This can't be saved:\n");
  for (const line of reasons.flatMap(linesOf)) process.stderr.write(`  ${printable(line)}\n`);
  const { select } = await import('@inquirer/prompts');
  return await select<'again' | 'discard'>(
    {
      message: 'What now?',
      choices: [
        { name: 'Edit again', value: 'again' },
        { name: 'Discard the changes', value: 'discard' },
      ],
    },
    { output: process.stderr },
  );
}
