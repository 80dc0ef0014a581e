import * as Flags from '@oclif/core/flags';
import { nameOf, profileLayout } from '../../clients/layout.ts';
import { parseClientId, parseProfileName } from '../../clients/names.ts';
import { addToSchedule, decideSchedule } from '../../operations/schedule/change.ts';
import { filesOf } from '../../operations/schedule/document.ts';
import { hostSystems } from '../../schedules/job.ts';
import { CryptosyncCommand, waitOf } from '../../terminal/base-command.ts';
import { clientFlag, profileFlag, waitFlag } from '../../terminal/flags.ts';
import { describeCommand } from '../../terminal/help.ts';
import { programOf } from '../../terminal/program.ts';
import { chosenFiles, timeFlags, timesOf, wayFlags, wayOf } from '../../terminal/schedule-flags.ts';
import { changeLines, jobLines } from '../../terminal/showing/schedule/report.ts';

export default class ScheduleAdd extends CryptosyncCommand {
  static override summary = 'Put syncs, checks and mounts of a client on a timer';
  static override description = describeCommand(
    `Writes units of systemd, or lines of a crontab, and turns them on. TIME is a calendar expression of systemd, such as
02:30 or weekly, or one of cron, such as '30 2 * * *'. A job that is on the schedule already is replaced.`,
    `0 written, 2 usage, 10 configuration, or a file of somebody else's is in the way, 11 neither systemctl nor crontab is there,
12 a job would have to ask for a password or key, 75 in use by another run`,
  );
  static override examples = [
    "<%= config.bin %> schedule add --client client1 --sync '02:30' --verify weekly",
    '<%= config.bin %> schedule add --client client1 --mount at-boot --credential /etc/cryptosync/client1.pw',
    '<%= config.bin %> schedule add --client client1 --sync daily --jitter 2h --using cron --dry-run',
  ];
  static override flags = {
    client: clientFlag,
    profile: profileFlag,
    ...timeFlags,
    using: Flags.option({ options: hostSystems })({
      description: 'what runs the jobs [default: the one that runs here]',
    }),
    ...wayFlags,
    'dry-run': Flags.boolean({ description: 'show what would be written and change nothing' }),
    wait: waitFlag,
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(ScheduleAdd);
    const context = this.contextFor(flags);
    const client = parseClientId(flags.client ?? this.defaultClient);
    const layout = profileLayout(context.root, client, parseProfileName(flags.profile ?? 'default'));
    const request = {
      layout,
      times: timesOf(flags),
      using: flags.using,
      ...wayOf(flags, context.userId),
      program: programOf(this.config),
      ...chosenFiles(flags['log-file'], context.environment),
      wait: waitOf(flags.wait),
    };
    if (flags['dry-run']) {
      const { plan, jobs } = await decideSchedule(context, request);
      for (const line of jobLines(jobs)) this.say(line);
      const { written, removed } = filesOf(plan);
      for (const path of written) this.say(`would write ${path}`);
      for (const path of removed) this.say(`would remove what it has in ${path}`);
      return { client, profile: layout.profile, dryRun: true, jobs, written, removed };
    }
    const document = await addToSchedule(context, request);
    this.say(`${nameOf(layout)} is on the schedule.`);
    for (const line of [...jobLines(document.jobs), ...changeLines(document)]) this.say(line);
    return document;
  }
}
