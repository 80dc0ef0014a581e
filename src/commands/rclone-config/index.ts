import { clientLayout } from '../../clients/layout.ts';
import { parseClientId } from '../../clients/names.ts';
import { configureRclone } from '../../operations/rclone-config.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { CryptosyncCommand, waitOf } from '../../terminal/base-command.ts';
import { clientFlag, waitFlag } from '../../terminal/flags.ts';
import { describeCommand } from '../../terminal/help.ts';

export default class RcloneConfig extends CryptosyncCommand {
  static override summary = "Run rclone's own configuration on the client's remotes";
  static override description = describeCommand(
    "Arguments after -- go to rclone config: show, create, reconnect, … Without any, rclone's dialogue opens on your terminal. Afterwards the file's mode is restored and a remote that a profile uses and that is gone is told.",
    '0 done, 2 usage, 10 rclone refused, 11 rclone is missing, 75 in use',
    'RCLONE_CONFIG_PASS',
  );
  static override examples = [
    '<%= config.bin %> rclone-config --client client1',
    '<%= config.bin %> rclone-config --client client1 -- show',
    '<%= config.bin %> rclone-config --client client1 -- reconnect drive:',
  ];
  static override strict = false;
  static override flags = { client: clientFlag, wait: waitFlag };

  async run(): Promise<object> {
    // the parser would take a `--` of rclone's own out of its place
    const end = this.argv.indexOf('--');
    const own = end < 0 ? this.argv : this.argv.slice(0, end);
    const given = end < 0 ? [] : this.argv.slice(end + 1);
    const { argv, flags } = await this.parse(RcloneConfig, own);
    const context = this.contextFor(flags);
    const args = [...argv.map(String), ...given];
    const onTerminal = !this.jsonEnabled();
    if (args.length === 0 && (!onTerminal || !this.mannerFor(flags).mayPrompt)) {
      throw new CryptosyncError('USAGE', "rclone's dialogue needs a terminal", {
        advice: { to: 'give-rclone-arguments' },
      });
    }
    const layout = clientLayout(context.root, parseClientId(flags.client ?? this.defaultClient));
    const result = await configureRclone(context, { layout, args, onTerminal, wait: waitOf(flags.wait) });
    for (const { profile, remote } of result.missing) {
      context.warn(
        `${layout.client}/${profile} uses the remote ${remote}, which rclone.conf does not have (any more)`,
      );
    }
    return { client: layout.client, ...result };
  }
}
