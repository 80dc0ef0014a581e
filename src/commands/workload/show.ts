import { fileOf, readWorkload, withoutSecrets } from '../../operations/workloads/workloads.ts';
import { describeCommand } from '../../terminal/help.ts';
import { WorkloadCommand, workloadArgument, workloadsFlag } from '../../terminal/workload-command.ts';

export default class WorkloadShow extends WorkloadCommand {
  static override summary = 'Print a workload, without the secrets of its sink';
  static override description = describeCommand('', '0 shown, 2 usage, 10 not there, or not valid');
  static override examples = ['<%= config.bin %> workload show site'];
  static override args = { id: workloadArgument };
  static override flags = { workloads: workloadsFlag };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(WorkloadShow);
    const place = this.placeOf(flags, args.id);
    const workload = withoutSecrets(readWorkload(place));
    this.say(JSON.stringify(workload, undefined, 2));
    return { id: args.id, file: fileOf(place), workload };
  }
}
