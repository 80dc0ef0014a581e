import * as Flags from '@oclif/core/flags';
import type { ProfileLayout } from '../clients/layout.ts';
import { mountProfile } from '../operations/mount.ts';
import { nameOf } from '../operations/recorded.ts';
import { forEachProfile, selectProfiles } from '../operations/targets.ts';
import { CryptosyncCommand, durationOf, waitOf } from '../terminal/base-command.ts';
import { confirmByName } from '../terminal/confirmation.ts';
import { passwordFlags, selectionFlags, waitFlag } from '../terminal/flags.ts';
import { describeCommand, passwordVariables } from '../terminal/help.ts';
import { passwordProvider } from '../terminal/passwords.ts';
import { selectionOf } from '../terminal/selection.ts';
import { around } from '../terminal/tasks.ts';
import { reportVaults } from '../terminal/vault-rows.ts';

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
    yes: Flags.boolean({
      char: 'y',
      description: 'confirm --accept-rollback',
      dependsOn: ['accept-rollback'],
    }),
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
    if (flags['accept-rollback']) await this.#confirmRollback(layouts, flags.yes, manner.mayPrompt);
    const results = await forEachProfile(
      layouts,
      context.signal,
      (layout) =>
        mountProfile(context, {
          layout,
          options,
          password,
          wait,
          acceptRollback: flags['accept-rollback'],
          around: layouts.length === 1 ? around(`Mounting ${nameOf(layout)}`, manner) : undefined,
        }),
      mountsAtOnce,
    );
    return await reportVaults(context, results, this.reporter());
  }

  async #confirmRollback(layouts: readonly ProfileLayout[], yes: boolean, mayPrompt: boolean): Promise<void> {
    const name = layouts.map(({ client }) => client).join(' ');
    const question =
      'What was changed after this copy was made will be missing, and the engine will not warn again.';
    await confirmByName(question, name, {
      given: yes ? name : undefined,
      flag: '--yes, after you looked:',
      mayPrompt,
    });
  }
}

/** CryFS takes 10 s of CPU and 1 GiB to open one vault (TOOLS.md C9). */
const mountsAtOnce = 2;
