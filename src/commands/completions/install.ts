import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { currentShell, installCompletions, shells } from '../../operations/completions.ts';
import { CryptosyncCommand } from '../../terminal/base-command.ts';
import { describeCommand } from '../../terminal/help.ts';
import { printable } from '../../terminal/showing/style.ts';

export default class CompletionsInstall extends CryptosyncCommand {
  static override summary = 'Put the completion script where your shell looks';
  static override description = describeCommand(
    `For this user; as root, for all users of the machine. It can be run again at any time, and should be after an
update. It changes no file of yours: where a line in ~/.bashrc or ~/.zshrc is needed, it says which.`,
    "0 done, 2 usage, 10 something else stands there or it can't be written",
  );
  static override examples = [
    '<%= config.bin %> completions install',
    '<%= config.bin %> completions install --shell zsh',
  ];
  static override flags = {
    shell: Flags.option({ options: shells })({
      description: 'the shell [default: the one that SHELL names]',
    }),
    dir: Flags.string({ description: 'put it into this directory instead', helpValue: 'PATH' }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(CompletionsInstall);
    const context = this.contextFor(flags);
    const result = await installCompletions(context, {
      shell: flags.shell ?? currentShell(context.environment),
      source: `${this.config.root}/completions`,
      directory: flags.dir === undefined ? undefined : resolve(flags.dir),
    });
    const place = printable(result.path);
    this.say(result.changed ? `wrote ${place}` : `${place} is up to date`);
    this.say(`next: ${printable(result.next)}`);
    return result;
  }
}
