/** What bin/run.js tells when there is no such command: no command of ours has begun that could. */
import { readFileSync } from 'node:fs';
import { CryptosyncError } from '../../system/errors.ts';
import { reportOf } from '../advice/index.ts';
import { errorLines } from '../showing/error-text.ts';
import { writeOut } from '../streams.ts';
import { unknownCommand } from './did-you-mean.ts';

/**
 * Prints the error as the commands print theirs, and sets the exit code.
 * @param typed the words that were taken for a command
 * @param root the directory of the package
 */
export function tellUnknownCommand(typed: string, root: string): void {
  const error = typed.startsWith('-')
    ? new CryptosyncError('USAGE', `${JSON.stringify(typed)} is no command: flags come behind one`, {
        advice: { to: 'list-commands' },
      })
    : unknownCommand(typed, commandNames(root));
  process.exitCode = error.exit;
  if (process.argv.includes('--json'))
    writeOut(`${JSON.stringify({ error: reportOf(error) }, undefined, 2)}\n`);
  else
    for (const line of errorLines(error, { verbose: false }, process.stderr))
      process.stderr.write(`${line}\n`);
}

/** As they are typed: `config get`. @param root the directory of the package */
export function commandNames(root: string): string[] {
  const { commands } = JSON.parse(readFileSync(`${root}/oclif.manifest.json`, 'utf8')) as {
    commands: object;
  };
  return Object.keys(commands).map((id) => id.replaceAll(':', ' '));
}
