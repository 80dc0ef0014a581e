import * as Args from '@oclif/core/args';
import { readCompletionScript, shells } from '../../operations/completions.ts';
import { CryptosyncCommand } from '../../terminal/base-command.ts';
import { describeCommand } from '../../terminal/help.ts';

export default class Completions extends CryptosyncCommand {
  static override summary = 'Print the completion script of a shell';
  static override description = describeCommand(
    `The script completes commands, flags, their values, and the names of clients and profiles, which it reads from
the tree itself. To put it where the shell looks: completions install.`,
    '0 done, 2 usage',
  );
  static override examples = [
    'source <(<%= config.bin %> completions bash)',
    '<%= config.bin %> completions fish > ~/.config/fish/completions/cryptosync.fish',
  ];
  static override args = {
    shell: Args.custom({
      ignoreStdin: true,
      options: [...shells],
      required: true,
      description: 'the shell',
    })(),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Completions);
    this.contextFor(flags);
    const shell = args.shell as (typeof shells)[number];
    const script = readCompletionScript(shell, `${this.config.root}/completions`);
    this.say(script.trimEnd());
    return { shell, script };
  }
}
