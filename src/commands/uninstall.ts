import * as Flags from '@oclif/core/flags';
import { profileLayout } from '../clients/layout.ts';
import { parseClientId, parseProfileName } from '../clients/names.ts';
import { defaultBinDirectory } from '../clients/scripts.ts';
import { nameOf } from '../operations/recorded.ts';
import { executeUninstall } from '../operations/uninstall.ts';
import { planUninstall } from '../operations/uninstall-plan.ts';
import { CryptosyncCommand, waitOf } from '../terminal/base-command.ts';
import { confirmByName } from '../terminal/confirmation.ts';
import { clientFlag, profileFlag, waitFlag } from '../terminal/flags.ts';
import { describeCommand } from '../terminal/help.ts';

export default class Uninstall extends CryptosyncCommand {
  static override summary = 'Remove a profile: links, scripts and configuration';
  static override description = describeCommand(
    "Unmounts first, and refuses while the vault is busy. The vault and rclone.conf stay, and the remote is never touched. With --purge-vault the vault's ciphertext on this machine is removed too, after you typed the client's id.",
    '0 removed, 2 not confirmed, 10 configuration, 13 busy, 75 in use',
  );
  static override examples = [
    '<%= config.bin %> uninstall --client client1 --profile photos',
    '<%= config.bin %> uninstall --client client1 --purge-vault --yes-delete client1',
  ];
  static override flags = {
    client: clientFlag,
    profile: profileFlag,
    'purge-vault': Flags.boolean({ description: "remove the vault's ciphertext on this machine, too" }),
    'yes-delete': Flags.string({
      description: "confirms --purge-vault in a script: the client's id",
      helpValue: 'CLIENT',
      dependsOn: ['purge-vault'],
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
      binDirectory: flags['bin-dir'] ?? defaultBinDirectory(context.environment, context.userId),
      wait: waitOf(flags.wait),
    };
    const plan = planUninstall(context, request);
    if (flags['dry-run']) {
      const removes = [...plan.links, ...plan.removes];
      for (const path of removes) this.say(`would remove ${path}`);
      for (const path of plan.keeps) this.say(`would keep ${path}`);
      return { client, profile: layout.profile, dryRun: true, removes, keeps: plan.keeps };
    }
    if (request.purgeVault) {
      const question = `This removes the vault in ${plan.profile.encryptedDir} for good.`;
      const { mayPrompt } = this.mannerFor(flags);
      await confirmByName(question, client, { given: flags['yes-delete'], flag: '--yes-delete', mayPrompt });
    }
    const result = await executeUninstall(context, request, plan);
    this.say(`${nameOf(layout)} is removed (${result.removed.length} paths).`);
    for (const path of result.kept) this.say(`  kept ${path}`);
    return result;
  }
}
