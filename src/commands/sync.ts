import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { nameOf } from '../operations/recorded.ts';
import { syncProfile } from '../operations/sync.ts';
import { forEachProfile, selectProfiles } from '../operations/targets.ts';
import { transferModes } from '../remotes/transfer.ts';
import { CryptosyncCommand, waitOf } from '../terminal/base-command.ts';
import { passwordFlags, selectionFlags, waitFlag } from '../terminal/flags.ts';
import { passwordProvider } from '../terminal/passwords.ts';
import { selectionOf } from '../terminal/selection.ts';
import { reportSyncs, syncProgress } from '../terminal/sync-report.ts';

export default class Sync extends CryptosyncCommand {
  static override summary = "Bring the vaults' ciphertext to their remotes";
  static override description =
    `Before anything changes, a guard makes sure that the source is a vault with content, that the remote is empty or
this vault's own, and that few files would be deleted. Replaced and deleted files go to a trash on the remote.

Exit codes: 0 synced or nothing to do, 2 usage, 3 some of several failed, 10 configuration, 14 remote or transfer,
15 refused for safety and nothing changed, 75 in use by another run or mounted, 130 interrupted.`;
  static override examples = [
    '<%= config.bin %> sync --client client1',
    '<%= config.bin %> sync --client client1 --dry-run',
    '<%= config.bin %> sync --client client1 mybucket/backup --max-delete 10%',
    '<%= config.bin %> sync --all --quiet --wait 1h',
  ];
  static override args = {
    path: Args.string({ name: 'REMOTE_PATH', description: "a path on the remote instead of the profile's" }),
  };
  static override flags = {
    ...selectionFlags,
    'dry-run': Flags.boolean({ description: 'list what would be uploaded and deleted, and change nothing' }),
    mode: Flags.option({ options: transferModes })({
      description: 'sync makes the remote like the vault; copy deletes nothing',
      default: 'sync',
    }),
    'max-delete': Flags.string({
      description: 'delete at most so many files on the remote, or this share of them',
      helpValue: 'N|P%',
    }),
    bwlimit: Flags.string({ description: "limit the bandwidth, as rclone's --bwlimit", helpValue: 'RATE' }),
    remount: Flags.boolean({
      description: 'unmount a vault that must be still, and mount it again afterwards',
    }),
    wait: waitFlag,
    ...passwordFlags,
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Sync);
    const context = this.contextFor(flags);
    const manner = this.mannerFor(flags);
    const wait = waitOf(flags.wait);
    const password = passwordProvider(context, flags, manner, false);
    const layouts = selectProfiles(context, selectionOf(flags, this.defaultClient));
    const results = await forEachProfile(layouts, context.signal, (layout) =>
      syncProfile(context, {
        layout,
        remotePath: args.path,
        mode: flags.mode,
        dryRun: flags['dry-run'],
        maxDelete: flags['max-delete'],
        bandwidthLimit: flags.bwlimit,
        remount: flags.remount,
        password,
        wait,
        ...syncProgress(`Syncing ${nameOf(layout)}`, manner),
      }),
    );
    return reportSyncs(results, flags.verbose, this.reporter());
  }
}
