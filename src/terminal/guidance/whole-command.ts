/** All of a command, of which a start has read no more than what finds it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core/command';

/** @param root the directory of the package */
export function wholeCommand(command: Command.Loadable, root: string): Command.Loadable {
  if (command.flags !== undefined) return command;
  const { commands } = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as {
    readonly commands: Readonly<Record<string, object>>;
  };
  return { ...commands[command.id], ...command };
}
