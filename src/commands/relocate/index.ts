import { parseClientId } from '../../clients/names.ts';
import { relocateClient } from '../../operations/moving/relocate.ts';
import { binDirectory } from '../../terminal/asking/install-request.ts';
import { CryptosyncCommand, waitOf } from '../../terminal/base-command.ts';
import { clientFlag, linkFlags, waitFlag } from '../../terminal/flags.ts';
import { describeCommand } from '../../terminal/help.ts';
import { programOf } from '../../terminal/program.ts';
import { relocateLines } from '../../terminal/showing/moving-report.ts';
import { around } from '../../terminal/showing/progress/tasks.ts';

export default class Relocate extends CryptosyncCommand {
  static override summary = "Make a client's tree that was copied or moved here one of this root";
  static override description = describeCommand(
    `For a tree that tar, rsync or mv brought here, or whose directory got another name: its profiles, scripts and summary
name this place afterwards. Nothing is done where it came from, and no vault is touched. Can be repeated.`,
    '0 done, 2 usage, 10 configuration, 75 mounted or in use',
  );
  static override examples = ['<%= config.bin %> relocate --client client1 --root /srv/clients'];
  static override flags = { client: clientFlag, ...linkFlags, wait: waitFlag };

  async run(): Promise<object> {
    const { flags } = await this.parse(Relocate);
    const context = this.contextFor(flags);
    const client = parseClientId(flags.client ?? this.defaultClient);
    const result = await relocateClient(context, {
      client,
      binDirectory: binDirectory(context, flags),
      program: programOf(this.config),
      wait: waitOf(flags.wait),
      around: around(`Relocating ${client}`, this.mannerFor(flags)),
    });
    for (const line of relocateLines(result)) this.say(line);
    return result;
  }
}
