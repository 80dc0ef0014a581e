import * as Args from '@oclif/core/args';
import { judgeWorkloads } from '../../operations/workloads/workloads.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { describeCommand } from '../../terminal/help.ts';
import { verdictLine } from '../../terminal/showing/sessions/workloads.ts';
import { WorkloadCommand, workloadsFlag } from '../../terminal/workload-command.ts';

export default class WorkloadCheck extends WorkloadCommand {
  static override summary = 'Check a workload, or all of them: the file, whose it is, and every value in it';
  static override description = describeCommand(
    'The sink is not asked.',
    '0 all are valid, 2 usage, 10 one is not there, or not valid',
  );
  static override examples = ['<%= config.bin %> workload check', '<%= config.bin %> workload check site'];
  static override args = {
    id: Args.string({ ignoreStdin: true, description: 'a workload; all when left out' }),
  };
  static override flags = { workloads: workloadsFlag };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(WorkloadCheck);
    const verdicts = judgeWorkloads(this.directoryFor(flags), args.id === undefined ? [] : [args.id]);
    for (const verdict of verdicts) this.say(verdictLine(verdict));
    const wrong = verdicts.filter(({ error }) => error !== undefined);
    const results = verdicts.map(({ id, file, error }) => ({
      ...{ id, file, valid: error === undefined },
      ...(error && { error }),
    }));
    const error =
      wrong.length === 0
        ? undefined
        : new CryptosyncError('CONFIG_INVALID', `not valid: ${wrong.map(({ id }) => id).join(', ')}`);
    if (error !== undefined) this.reporter().tell(error, 'workload check');
    return this.reporter().finish({ results, ...(error && { error }) });
  }
}
