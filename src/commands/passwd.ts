import * as Flags from '@oclif/core/flags';
import { nameOf, profileLayout } from '../clients/layout.ts';
import { parseClientId, parseProfileName } from '../clients/names.ts';
import { changePassword } from '../operations/passwd.ts';
import { askingAgain, oldAndNewPassword } from '../terminal/asking/passwords.ts';
import { CryptosyncCommand, waitOf } from '../terminal/base-command.ts';
import { clientFlag, passwordFlags, profileFlag, waitFlag } from '../terminal/flags.ts';
import { describeCommand, passwordVariables } from '../terminal/help.ts';
import { around } from '../terminal/showing/progress/tasks.ts';

export default class Passwd extends CryptosyncCommand {
  static override summary = 'Change the password of a vault';
  static override description = describeCommand(
    "The vault must be unmounted. The old configuration is kept aside until the new password has opened the vault. The files are not encrypted anew: copies of the old configuration, on the remote too, still open with the old password until the next sync and the pruning of its trash. CryFS vaults can't change their password. The new password comes from --new-password-file, CRYPTOSYNC_NEW_PASSWORD or a prompt.",
    '0 changed, 2 usage, 10 configuration, 12 password, 75 mounted or in use',
    ...passwordVariables,
    'CRYPTOSYNC_NEW_PASSWORD',
  );
  static override examples = [
    '<%= config.bin %> passwd --client client1',
    '<%= config.bin %> passwd --client client1 --password-file old.pw --new-password-file new.pw',
  ];
  static override flags = {
    client: clientFlag,
    profile: profileFlag,
    wait: waitFlag,
    ...passwordFlags,
    'new-password-file': Flags.string({
      description:
        'read the new password from this file, or from stdin (-): its second line when both come from there',
      helpGroup: 'PASSWORD',
      helpValue: 'PATH',
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Passwd);
    const context = this.contextFor(flags);
    const manner = this.mannerFor(flags);
    const client = parseClientId(flags.client ?? this.defaultClient);
    const layout = profileLayout(context.root, client, parseProfileName(flags.profile ?? 'default'));
    const passwords = oldAndNewPassword(context, flags, manner, nameOf(layout));
    const wait = waitOf(flags.wait);
    const result = await askingAgain(passwords.oldPassword, layout, () =>
      changePassword(context, {
        layout,
        ...passwords,
        wait,
        around: around(`Changing the password of ${nameOf(layout)}`, manner),
      }),
    );
    this.say(`${nameOf(layout)}: the password is changed.`);
    context.warn(result.warning);
    return result;
  }
}
