/** Editing a profile as visudo does: a copy in the editor, checked, and asked about until it is right or discarded. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProfileLayout } from '../clients/layout.ts';
import type { Profile } from '../clients/profile.ts';
import { readProfile } from '../clients/profile-store.ts';
import type { Context } from '../operations/context.ts';
import { replaceProfile, reviewDraft } from '../operations/profile-change.ts';
import { findExecutable } from '../system/dependencies.ts';
import { operatorEnvironment } from '../system/environment.ts';
import { CryptosyncError } from '../system/errors.ts';
import { readTextIfPresent } from '../system/files.ts';
import { runOnTerminal } from '../system/process.ts';
import { printable } from './style.ts';

export interface EditOptions {
  /** Where the JSON schema lies, for the editor's completion. */
  readonly schema: string;
  readonly wait: number;
  readonly mayPrompt: boolean;
}

export type EditOutcome = 'saved' | 'unchanged' | 'discarded';

/** @throws USAGE without a terminal */
export async function editProfile(
  context: Context,
  layout: ProfileLayout,
  options: EditOptions,
): Promise<EditOutcome> {
  if (!options.mayPrompt) {
    throw new CryptosyncError('USAGE', 'config opens an editor and needs a terminal', {
      hint: 'In a script use: cryptosync config get KEY, config set KEY VALUE, config list',
    });
  }
  const { text, existing } = startingPoint(layout, options.schema);
  const directory = mkdtempSync(join(tmpdir(), 'cryptosync-config-'));
  try {
    const draft = join(directory, `${layout.profile}.json`);
    writeFileSync(draft, text, { mode: 0o600 });
    for (;;) {
      await openEditor(context, draft);
      const outcome = await settle(context, layout, existing, readFileSync(draft, 'utf8'), options.wait);
      if (outcome !== 'again') return outcome;
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The profile with its schema on top; a broken one as it stands, so that it can be mended. */
function startingPoint(
  layout: ProfileLayout,
  schema: string,
): { text: string; existing: Profile | undefined } {
  try {
    const existing = readProfile(layout);
    return { text: `${JSON.stringify({ $schema: schema, ...existing }, undefined, 2)}\n`, existing };
  } catch (error) {
    const text = readTextIfPresent(layout.profileFile);
    if (text === undefined) throw error;
    return { text, existing: undefined };
  }
}

async function openEditor({ environment }: Context, file: string): Promise<void> {
  const editor = environment['VISUAL'] || environment['EDITOR'] || 'vi';
  const { exitCode } = await runOnTerminal({
    file: findExecutable('sh', environment) ?? '/bin/sh',
    // an editor may come with arguments, as in "code --wait"
    args: ['-c', `${editor} "$1"`, 'editor', file],
    environment: operatorEnvironment(environment),
  });
  if (exitCode !== 0) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `the editor \`${editor}\` ended with ${exitCode ?? 'a signal'}`,
      {
        hint: 'Nothing was changed. Name another with EDITOR.',
      },
    );
  }
}

async function settle(
  context: Context,
  layout: ProfileLayout,
  existing: Profile | undefined,
  text: string,
  wait: number,
): Promise<EditOutcome | 'again'> {
  const review = await reviewDraft(layout, existing, text);
  switch (review.kind) {
    case 'unchanged':
      return 'unchanged';
    case 'valid':
      await replaceProfile(context, layout, review.profile, wait);
      return 'saved';
    case 'invalid':
      return await askAgain(review.issues.map(({ path, message }) => `${path}: ${message}`));
    case 'refused':
      return await askAgain([
        review.error.message,
        ...(review.error.hint === undefined ? [] : [review.error.hint]),
      ]);
  }
}

async function askAgain(reasons: readonly string[]): Promise<'again' | 'discarded'> {
  process.stderr.write("This can't be saved:\n");
  for (const reason of reasons) process.stderr.write(`  ${printable(reason)}\n`);
  const { select } = await import('@inquirer/prompts');
  return await select<'again' | 'discarded'>(
    {
      message: 'What now?',
      choices: [
        { name: 'Edit again', value: 'again' },
        { name: 'Discard the changes', value: 'discarded' },
      ],
    },
    { output: process.stderr },
  );
}
