import * as Flags from '@oclif/core/flags';
import { forEachNested } from '../operations/several/nesting.ts';
import { vaultsDocument } from '../operations/several/vault-rows.ts';
import { selectProfiles } from '../operations/targets.ts';
import { unmountProfile } from '../operations/unmount.ts';
import { CryptosyncCommand, waitOf } from '../terminal/base-command.ts';
import { selectionFlags, waitFlag } from '../terminal/flags.ts';
import { describeCommand } from '../terminal/help.ts';
import { selectionOf } from '../terminal/selection.ts';
import { showVaults } from '../terminal/showing/vault-rows.ts';

export default class Unmount extends CryptosyncCommand {
  static override summary = 'Unmount vaults and wait until their daemons are gone';
  static override description = describeCommand(
    `A busy vault stays mounted, and the processes that hold it are named. With --force it is detached; while its
daemon still runs and could still write, that is told and the exit code is 13.`,
    '0 unmounted, 2 usage, 3 some of several failed, 10 configuration, 13 busy, 75 in use by another run',
  );
  static override examples = [
    '<%= config.bin %> unmount --client client1',
    '<%= config.bin %> unmount --all --wait 10m',
  ];
  static override flags = {
    ...selectionFlags,
    force: Flags.boolean({ description: 'detach a busy mount; the processes that use it live on' }),
    wait: waitFlag,
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Unmount);
    const context = this.contextFor(flags);
    const wait = waitOf(flags.wait);
    const layouts = selectProfiles(context, selectionOf(flags, this.defaultClient));
    const results = await forEachNested(
      {
        layouts,
        order: 'innermost-first',
        atOnce: 1,
        action: (layout) => unmountProfile(context, { layout, force: flags.force, wait }),
      },
      context.signal,
    );
    const document = await vaultsDocument(context, results);
    showVaults(document, this.reporter());
    return this.reporter().finish(document);
  }
}
