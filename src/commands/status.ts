import * as Flags from '@oclif/core/flags';
import { readStatus } from '../operations/status.ts';
import { selectProfiles } from '../operations/targets.ts';
import { CryptosyncCommand } from '../terminal/base-command.ts';
import { selectionFlags } from '../terminal/flags.ts';
import { describeCommand } from '../terminal/help.ts';
import { selectionOf } from '../terminal/selection.ts';
import { statusLines } from '../terminal/status-table.ts';

export default class Status extends CryptosyncCommand {
  static override summary = 'Show the state of vaults, their last sync and their health';
  static override description = describeCommand(
    `All profiles of the client are shown unless --profile names some. Health is healthy (mounted and in order),
unmounted (in order), warning, needs setup, or error. The state is read from the kernel's mount table.`,
    '0 whatever the health is, 2 usage, 10 configuration',
    'RCLONE_CONFIG_PASS',
  );
  static override examples = [
    '<%= config.bin %> status --client client1',
    '<%= config.bin %> status --all --check-remote',
    '<%= config.bin %> status --all --json',
  ];
  static override flags = {
    ...selectionFlags,
    'check-remote': Flags.boolean({ description: 'ask the remotes whether they can be reached' }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Status);
    const context = this.contextFor(flags);
    const selection = selectionOf(flags, this.defaultClient);
    const layouts = selectProfiles(context, {
      ...selection,
      allProfiles: selection.profiles.length === 0,
      former: true,
    });
    const vaults = await readStatus(context, { layouts, checkRemote: flags['check-remote'] });
    if (!this.jsonEnabled())
      for (const line of statusLines(vaults, process.stdout.columns ?? Number.POSITIVE_INFINITY))
        this.say(line);
    return { vaults };
  }
}
