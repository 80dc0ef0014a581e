import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { nameOf, profileLayout } from '../../clients/layout.ts';
import { parseClientId, parseProfileName } from '../../clients/names.ts';
import { recoverySheet } from '../../operations/recovery/sheet.ts';
import { askingAgain, passwordProvider } from '../../terminal/asking/passwords.ts';
import { CryptosyncCommand, waitOf } from '../../terminal/base-command.ts';
import { clientFlag, passwordFlags, profileFlag, waitFlag } from '../../terminal/flags.ts';
import { describeCommand, passwordVariables } from '../../terminal/help.ts';
import { around } from '../../terminal/showing/progress/tasks.ts';
import { pageHtml } from '../../terminal/showing/recovery/html.ts';
import { pageText } from '../../terminal/showing/recovery/page.ts';

export default class RecoverySheet extends CryptosyncCommand {
  static override summary = 'Make a page to print for the day that everything burned';
  static override description = describeCommand(
    `What a stranger needs to open the vault with rclone and the engine alone: where the ciphertext lies, rclone.conf, the
engine's configuration, and for gocryptfs the master key. It asks for the password, and proves it. Whoever has the page
needs no password: keep it as you keep that. A CryFS vault must be unmounted; its page opens nothing without the password.`,
    '0 made, 2 usage, 10 configuration, 11 a tool is missing, 12 password, 15 not proven to be the right vault, 75 mounted or in use',
    ...passwordVariables,
  );
  static override examples = [
    '<%= config.bin %> recovery-sheet --client client1 --html --output /dev/shm/client1.html',
  ];
  static override flags = {
    client: clientFlag,
    profile: profileFlag,
    output: Flags.string({
      char: 'o',
      description: 'write it to this file, mode 0600; it must not be there [default: stdout]',
      helpValue: 'FILE',
    }),
    html: Flags.boolean({ description: 'as HTML, with QR codes of the key and the configuration' }),
    ...passwordFlags,
    wait: waitFlag,
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(RecoverySheet);
    const context = this.contextFor(flags);
    const manner = this.mannerFor(flags);
    const client = parseClientId(flags.client ?? this.defaultClient);
    const layout = profileLayout(context.root, client, parseProfileName(flags.profile ?? 'default'));
    const password = passwordProvider(context, flags, manner, false);
    const result = await askingAgain(password, layout, () =>
      recoverySheet(context, {
        layout,
        password,
        page: flags.html ? pageHtml : async (facts, secrets) => pageText(facts, secrets),
        output: flags.output === undefined ? undefined : resolve(flags.output),
        wait: waitOf(flags.wait),
        around: around(`Making the recovery sheet of ${nameOf(layout)}`, manner),
      }),
    );
    const { hasMasterKey, output, page } = result;
    context.warn(
      hasMasterKey
        ? `whoever has this page opens the vault of ${nameOf(layout)} without its password. Print it, lock it away, and remove the file.`
        : `this page holds what reaches the remote of ${nameOf(layout)}; the vault itself opens with the password alone.`,
    );
    if (page !== undefined) this.say(page);
    else this.say(`The recovery sheet of ${nameOf(layout)} is in ${output}.`);
    return result;
  }
}
