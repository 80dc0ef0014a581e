import { judgeWorkloads } from '../../operations/workloads/workloads.ts';
import { describeCommand } from '../../terminal/help.ts';
import { workloadTable } from '../../terminal/showing/sessions/workloads.ts';
import { WorkloadCommand, workloadsFlag } from '../../terminal/workload-command.ts';

export default class WorkloadList extends WorkloadCommand {
  static override summary = 'List the workloads that tenants can be claimed for';
  static override description = describeCommand('', '0 shown, 2 usage');
  static override examples = ['<%= config.bin %> workload list'];
  static override flags = { workloads: workloadsFlag };

  async run(): Promise<object> {
    const { flags } = await this.parse(WorkloadList);
    const directory = this.directoryFor(flags);
    const verdicts = judgeWorkloads(directory, []);
    this.say(workloadTable(directory, verdicts));
    return {
      directory,
      workloads: verdicts.map(({ id, file, error }) => ({ id, file, valid: error === undefined })),
    };
  }
}
