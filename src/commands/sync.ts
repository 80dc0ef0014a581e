import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { nameOf } from '../operations/recorded.ts';
import { directions } from '../operations/sync/mapping.ts';
import { syncProfile } from '../operations/sync/sync-profile.ts';
import { forEachProfile, selectProfiles } from '../operations/targets.ts';
import { verifyBandwidthLimit } from '../remotes/bandwidth.ts';
import { parseDeleteLimit } from '../remotes/guard.ts';
import { transferModes } from '../remotes/transfer.ts';
import { CryptosyncError } from '../system/errors.ts';
import { CryptosyncCommand, waitOf } from '../terminal/base-command.ts';
import { keyProvider } from '../terminal/encryption-keys.ts';
import {
  cryptFlags,
  keyFlags,
  newKeyFlags,
  passwordFlags,
  selectionFlags,
  waitFlag,
} from '../terminal/flags.ts';
import { describeCommand, keyVariables, passwordVariables } from '../terminal/help.ts';
import { passwordProvider } from '../terminal/passwords.ts';
import { carryOutRekey } from '../terminal/rekey-report.ts';
import { selectionOf } from '../terminal/selection.ts';
import { reportSyncs, syncProgress } from '../terminal/sync-report.ts';

export default class Sync extends CryptosyncCommand {
  static override summary = "Bring the vaults' ciphertext to their remotes";
  static override description = describeCommand(
    `Before anything changes, a guard makes sure that the source is a vault with content, that the remote is empty or
this vault's own, and that few files would be deleted. Replaced and deleted files go to a trash on the remote.`,
    `0 synced or nothing to do, 2 usage, 3 some of several failed, 10 configuration, 14 remote or transfer,
15 refused for safety and nothing changed, 75 in use by another run or mounted, 130 interrupted`,
    ...passwordVariables,
    ...keyVariables,
    'CRYPTOSYNC_NEW_ENCRYPTION_KEY',
    'CRYPTOSYNC_NEW_ENCRYPTION_SALT',
    'RCLONE_CONFIG_PASS',
  );
  static override examples = [
    '<%= config.bin %> sync --client client1',
    '<%= config.bin %> sync --client client1 --dry-run',
    '<%= config.bin %> sync --client client1 mybucket/backup --max-delete 10%',
    '<%= config.bin %> sync --all --quiet --wait 1h',
    '<%= config.bin %> sync --client client1 --direction download',
    '<%= config.bin %> sync --client client1 --rekey --new-encryption-key-file new.key',
  ];
  static override args = {
    path: Args.string({
      name: 'REMOTE_PATH',
      description: "a path on the remote instead of the profile's",
      // oclif would take a password that is piped in for the path
      ignoreStdin: true,
    }),
  };
  static override flags = {
    ...selectionFlags,
    'dry-run': Flags.boolean({ description: 'list what would be uploaded and deleted, and change nothing' }),
    direction: Flags.option({ options: directions })({
      description: 'upload to the remote, download from it, or bring both together [default: upload]',
    }),
    mode: Flags.option({ options: transferModes })({
      description: 'sync makes the target like the source; copy deletes nothing [default: sync]',
    }),
    'max-delete': Flags.string({
      description: 'delete at most so many files on the remote, or this share of them',
      helpValue: 'N|P%',
    }),
    bwlimit: Flags.string({ description: "limit the bandwidth, as rclone's --bwlimit", helpValue: 'RATE' }),
    force: Flags.boolean({
      description:
        'download over local changes, which are kept aside, or from a remote whose last upload did not end',
    }),
    resync: Flags.boolean({ description: 'begin a bidirectional sync anew', dependsOn: ['prefer'] }),
    prefer: Flags.option({ options: ['local', 'remote'] as const })({
      description: 'whose files win in a --resync where both sides differ; the others go to the trash',
      dependsOn: ['resync'],
    }),
    rekey: Flags.boolean({
      description:
        'move what lies on the remote to a new key at a new path, compare it, and switch the profile',
      exclusive: ['direction', 'dry-run', 'resync', 'mode'],
    }),
    'new-path': Flags.string({
      description: 'the new path for --rekey [default: the old one with the date]',
      dependsOn: ['rekey'],
      helpValue: 'PATH',
    }),
    remount: Flags.boolean({
      description: 'unmount a vault that must be still, and mount it again afterwards',
    }),
    wait: waitFlag,
    ...passwordFlags,
    ...keyFlags,
    ...newKeyFlags,
    ...cryptFlags,
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Sync);
    const context = this.contextFor(flags);
    const manner = this.mannerFor(flags);
    if (args.path === '') {
      throw new CryptosyncError('USAGE', 'REMOTE_PATH is empty', {
        hint: 'Give it a value, or leave it out.',
      });
    }
    const wait = waitOf(flags.wait);
    if (flags['max-delete'] !== undefined) parseDeleteLimit(flags['max-delete']);
    if (flags.bwlimit !== undefined) verifyBandwidthLimit(flags.bwlimit);
    const password = passwordProvider(context, flags, manner, false);
    const encryptionKey = keyProvider(context, flags, manner);
    const layouts = selectProfiles(context, selectionOf(flags, this.defaultClient));
    if (flags.rekey) return await carryOutRekey(context, layouts, flags, manner, this.reporter());
    const results = await forEachProfile(layouts, context.signal, (layout) =>
      syncProfile(context, {
        layout,
        remotePath: args.path,
        direction: flags.direction,
        mode: flags.mode,
        dryRun: flags['dry-run'],
        maxDelete: flags['max-delete'],
        bandwidthLimit: flags.bwlimit,
        remount: flags.remount,
        force: flags.force,
        resync: flags.resync ? flags.prefer : undefined,
        password,
        encryptionKey,
        wait,
        ...syncProgress(`Syncing ${nameOf(layout)}`, manner),
      }),
    );
    return reportSyncs(results, flags.verbose, this.reporter());
  }
}
