import * as Flags from '@oclif/core/flags';
import { nameOf, profileLayout } from '../../clients/layout.ts';
import { parseClientId, parseProfileName } from '../../clients/names.ts';
import { decideRemoval, removeFromSchedule } from '../../operations/schedule/change.ts';
import { filesOf } from '../../operations/schedule/document.ts';
import { jobKinds } from '../../schedules/job.ts';
import { CryptosyncCommand, waitOf } from '../../terminal/base-command.ts';
import { clientFlag, profileFlag, waitFlag } from '../../terminal/flags.ts';
import { describeCommand } from '../../terminal/help.ts';
import { changeLines } from '../../terminal/showing/schedule/report.ts';

export default class ScheduleRemove extends CryptosyncCommand {
  static override summary = 'Take jobs of a client off its schedule';
  static override description = describeCommand(
    `Turns its units off and removes them, or its lines of a crontab; what others wrote stays. A vault that is mounted
stays mounted.`,
    '0 removed, or nothing was there, 2 usage, 10 configuration, 75 in use by another run',
  );
  static override examples = [
    '<%= config.bin %> schedule remove --client client1',
    '<%= config.bin %> schedule remove --client client1 --job verify --job drill',
  ];
  static override flags = {
    client: clientFlag,
    profile: profileFlag,
    job: Flags.option({ options: jobKinds, multiple: true, multipleNonGreedy: true })({
      description: 'this job alone; can be given several times [default: all]',
    }),
    'dry-run': Flags.boolean({ description: 'show what would be removed and change nothing' }),
    wait: waitFlag,
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(ScheduleRemove);
    const context = this.contextFor(flags);
    const client = parseClientId(flags.client ?? this.defaultClient);
    const layout = profileLayout(context.root, client, parseProfileName(flags.profile ?? 'default'));
    const request = { layout, jobs: flags.job ?? [], wait: waitOf(flags.wait) };
    if (flags['dry-run']) {
      const { plan } = await decideRemoval(context, request);
      const { written, removed } = filesOf(plan);
      for (const path of [...written, ...removed]) this.say(`would remove what it has in ${path}`);
      return { client, profile: layout.profile, dryRun: true, written, removed };
    }
    const document = await removeFromSchedule(context, request);
    const isNothing = document.written.length + document.removed.length === 0;
    this.say(
      isNothing
        ? `Nothing of ${nameOf(layout)} was on a schedule.`
        : `${nameOf(layout)} is off the schedule.`,
    );
    for (const line of changeLines(document)) this.say(line);
    return document;
  }
}
