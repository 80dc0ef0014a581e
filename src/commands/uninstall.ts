import * as Flags from '@oclif/core/flags';
import { profileLayout } from '../clients/layout.ts';
import { parseClientId, parseProfileName } from '../clients/names.ts';
import { defaultBinDirectory } from '../clients/scripts.ts';
import { planDocument, planUninstall } from '../operations/uninstall/plan.ts';
import { executeUninstall } from '../operations/uninstall/uninstall.ts';
import { confirmByName } from '../terminal/asking/confirmation.ts';
import { CryptosyncCommand, waitOf } from '../terminal/base-command.ts';
import { clientFlag, profileFlag, waitFlag } from '../terminal/flags.ts';
import { describeCommand } from '../terminal/help.ts';
import {
  planLines,
  purgeQuestion,
  resultLines,
  uninstallDocument,
} from '../terminal/showing/uninstall-report.ts';

export default class Uninstall extends CryptosyncCommand {
  static override summary = 'Remove a profile: links, scripts and configuration';
  static override description = describeCommand(
    `Takes its schedule away, unmounts, and refuses while the vault is busy. The vault and rclone.conf stay, and the remote is never touched.
With --purge-vault the vault's ciphertext on this machine is removed too, and with --purge-remote-config the profile's
remote in rclone.conf and its credentials, after you typed the client's id. What stays is named, with the commands that
remove it by hand.`,
    '0 removed, 2 not confirmed, 10 configuration, 11 rclone is missing, 13 busy, 75 in use',
    'RCLONE_CONFIG_PASS',
  );
  static override examples = [
    '<%= config.bin %> uninstall --client client1 --profile photos',
    '<%= config.bin %> uninstall --client client1 --purge-vault --purge-remote-config --yes-delete client1',
  ];
  static override flags = {
    client: clientFlag,
    profile: profileFlag,
    'purge-vault': Flags.boolean({ description: "remove the vault's ciphertext on this machine, too" }),
    'purge-remote-config': Flags.boolean({
      description: "remove the profile's remote from rclone.conf, with its credentials, too",
    }),
    'yes-delete': Flags.string({
      description: "confirms --purge-vault and --purge-remote-config in a script: the client's id",
      helpValue: 'CLIENT',
      relationships: [{ type: 'some', flags: ['purge-vault', 'purge-remote-config'] }],
    }),
    'bin-dir': Flags.string({
      description: 'where the links are, besides where install put them',
      helpValue: 'PATH',
    }),
    'dry-run': Flags.boolean({ description: 'show what would be removed and change nothing' }),
    wait: waitFlag,
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Uninstall);
    const context = this.contextFor(flags);
    const client = parseClientId(flags.client ?? this.defaultClient);
    const layout = profileLayout(context.root, client, parseProfileName(flags.profile ?? 'default'));
    const request = {
      layout,
      purgeVault: flags['purge-vault'],
      purgeRemoteConfig: flags['purge-remote-config'],
      binDirectory: flags['bin-dir'] ?? defaultBinDirectory(context.environment, context.userId),
      wait: waitOf(flags.wait),
    };
    const plan = await planUninstall(context, request);
    if (flags['dry-run']) {
      for (const line of planLines(request, plan)) this.say(line);
      return planDocument(request, plan);
    }
    const question = purgeQuestion(request, plan);
    if (question !== undefined) {
      const { mayPrompt } = this.mannerFor(flags);
      await confirmByName(question, client, { given: flags['yes-delete'], flag: '--yes-delete', mayPrompt });
    }
    const result = await executeUninstall(context, request, plan);
    for (const line of resultLines(layout, result)) this.say(line);
    return uninstallDocument(layout, result);
  }
}
