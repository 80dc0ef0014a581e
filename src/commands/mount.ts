import * as Flags from '@oclif/core/flags';
import type { ProfileLayout } from '../clients/layout.ts';
import { nameOf } from '../clients/layout.ts';
import { mountProfile } from '../operations/mount.ts';
import { forEachNested } from '../operations/several/nesting.ts';
import { vaultsDocument } from '../operations/several/vault-rows.ts';
import { selectProfiles } from '../operations/targets.ts';
import { confirmByName } from '../terminal/asking/confirmation.ts';
import { askingAgain, passwordProvider } from '../terminal/asking/passwords.ts';
import { CryptosyncCommand, durationOf, waitOf } from '../terminal/base-command.ts';
import { passwordFlags, selectionFlags, waitFlag } from '../terminal/flags.ts';
import { describeCommand, passwordVariables } from '../terminal/help.ts';
import { selectionOf } from '../terminal/selection.ts';
import { around } from '../terminal/showing/progress/tasks.ts';
import { showVaults } from '../terminal/showing/vault-rows.ts';

export default class Mount extends CryptosyncCommand {
  static override summary = 'Mount vaults, and prove that they are the right ones';
  static override description = describeCommand(
    `A vault that is mounted stays so; a dead mount is cleaned up and mounted again. Success is said after the
kernel's mount table has the mount and the vault's own id was read through it.`,
    `0 mounted, 2 usage, 3 some of several failed, 10 configuration, 11 a tool or FUSE is missing,
12 password, 13 mount, 15 not the right vault, 75 in use by another run`,
    ...passwordVariables,
  );
  static override examples = [
    '<%= config.bin %> mount --client client1',
    '<%= config.bin %> mount --client client1 --password-file /root/client1.pw --read-only',
    '<%= config.bin %> mount --all --idle 30m',
  ];
  static override flags = {
    ...selectionFlags,
    ...passwordFlags,
    'read-only': Flags.boolean({ allowNo: true, description: 'mount to read only' }),
    idle: Flags.string({
      description: 'unmount after this long without use, such as 30m',
      helpValue: 'DURATION',
    }),
    'allow-other': Flags.boolean({ allowNo: true, description: 'let other users into the mount' }),
    'accept-rollback': Flags.boolean({
      description: "take an older or changed copy for the right one: the engine's record of it is put aside",
    }),
    'accept-vault': Flags.boolean({
      description: "take what opens for the profile's vault, although it can't be told or was made otherwise",
    }),
    yes: Flags.boolean({ char: 'y', description: 'confirm --accept-rollback and --accept-vault' }),
    wait: waitFlag,
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Mount);
    const context = this.contextFor(flags);
    const manner = this.mannerFor(flags);
    const options = {
      ...(flags['read-only'] !== undefined && { readOnly: flags['read-only'] }),
      ...(flags['allow-other'] !== undefined && { allowOther: flags['allow-other'] }),
      ...(flags.idle !== undefined && { idle: durationOf('--idle', flags.idle) }),
    };
    const wait = waitOf(flags.wait);
    const password = passwordProvider(context, flags, manner, false);
    const layouts = selectProfiles(context, selectionOf(flags, this.defaultClient));
    const accepted = acceptances.filter(({ flag }) => flags[flag]);
    for (const { question } of accepted) await this.#confirm(question, layouts, flags.yes, manner.mayPrompt);
    const results = await forEachNested(
      {
        layouts,
        order: 'outermost-first',
        atOnce: mountsAtOnce,
        action: (layout) =>
          askingAgain(password, layout, () =>
            mountProfile(context, {
              layout,
              options,
              password,
              wait,
              acceptRollback: flags['accept-rollback'],
              acceptVault: flags['accept-vault'],
              around: layouts.length === 1 ? around(`Mounting ${nameOf(layout)}`, manner) : undefined,
            }),
          ),
      },
      context.signal,
    );
    const document = await vaultsDocument(context, results);
    showVaults(document, this.reporter());
    return this.reporter().finish(document);
  }

  async #confirm(
    question: string,
    layouts: readonly ProfileLayout[],
    yes: boolean,
    mayPrompt: boolean,
  ): Promise<void> {
    const name = layouts.map(({ client }) => client).join(' ');
    await confirmByName(question, name, {
      given: yes ? name : undefined,
      flag: '--yes, after you looked:',
      mayPrompt,
    });
  }
}

/** What an operator may take upon himself, and what it means. */
const acceptances = [
  {
    flag: 'accept-rollback',
    question:
      'What was changed after this copy was made will be missing, and the engine will not warn again.',
  },
  {
    flag: 'accept-vault',
    question:
      'Whatever opens with the password becomes the vault of this profile, and the next sync puts it over what lies on the remote.',
  },
] as const;

/** CryFS takes 10 s of CPU and 1 GiB to open one vault (hazards.md C9). */
const mountsAtOnce = 2;
