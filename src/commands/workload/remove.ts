import * as Flags from '@oclif/core/flags';
import { fileOf, removeWorkload } from '../../operations/workloads/workloads.ts';
import { waitOf } from '../../terminal/base-command.ts';
import { waitFlag } from '../../terminal/flags.ts';
import { describeCommand } from '../../terminal/help.ts';
import { WorkloadCommand, workloadArgument, workloadsFlag } from '../../terminal/workload-command.ts';

export default class WorkloadRemove extends WorkloadCommand {
  static override summary = 'Remove a workload; what tenants have on its sink stays there';
  static override description = describeCommand(
    'One that tenants of this root are claimed for, or were when their server ended, is kept: their next claim needs it.',
    '0 removed, 2 usage, 10 not there, 75 tenants are claimed for it, or in use',
  );
  static override examples = ['<%= config.bin %> workload remove site'];
  static override args = { id: workloadArgument };
  static override flags = {
    force: Flags.boolean({ description: 'remove it although tenants are claimed for it' }),
    wait: waitFlag,
    workloads: workloadsFlag,
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(WorkloadRemove);
    const place = this.placeOf(flags, args.id);
    await removeWorkload(this.contextFor(flags), place, { force: flags.force, wait: waitOf(flags.wait) });
    this.say(`${fileOf(place)} is removed`);
    return { id: args.id, file: fileOf(place), outcome: 'removed' };
  }
}
