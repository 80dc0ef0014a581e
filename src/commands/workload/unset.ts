import * as Args from '@oclif/core/args';
import { fileOf, unsetInWorkload, withoutSecrets } from '../../operations/workloads/workloads.ts';
import { waitOf } from '../../terminal/base-command.ts';
import { waitFlag } from '../../terminal/flags.ts';
import { describeCommand } from '../../terminal/help.ts';
import { WorkloadCommand, workloadArgument, workloadsFlag } from '../../terminal/workload-command.ts';

export default class WorkloadUnset extends WorkloadCommand {
  static override summary = 'Take one value out of a workload, so that the default holds';
  static override description = describeCommand(
    '',
    '0 done, 2 there is no such key, 10 not there, or the workload needs this value, 75 in use',
  );
  static override examples = ['<%= config.bin %> workload unset site policy.interval'];
  static override args = {
    id: workloadArgument,
    key: Args.string({ ignoreStdin: true, required: true, description: 'a key, with dots: policy.interval' }),
  };
  static override flags = { wait: waitFlag, workloads: workloadsFlag };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(WorkloadUnset);
    const place = this.placeOf(flags, args.id);
    const change = { key: args.key, wait: waitOf(flags.wait) };
    const workload = withoutSecrets(await unsetInWorkload(this.contextFor(flags), place, change));
    this.say(`${fileOf(place)}: ${args.key} is not set any more`);
    return { id: args.id, file: fileOf(place), workload };
  }
}
