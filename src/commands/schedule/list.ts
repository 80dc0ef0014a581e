import { listSchedules } from '../../operations/schedule/list.ts';
import { CryptosyncCommand } from '../../terminal/base-command.ts';
import { selectionFlags } from '../../terminal/flags.ts';
import { describeCommand } from '../../terminal/help.ts';
import { selectionOf } from '../../terminal/selection.ts';
import { scheduleTable } from '../../terminal/showing/schedule/report.ts';

export default class ScheduleList extends CryptosyncCommand {
  static override summary = 'List what is on the schedules, and when it comes next';
  static override description = describeCommand(
    'What schedule add wrote. Whether it is still there, turned on and in time is for doctor.',
    '0 listed, 2 usage, 3 some of several schedules can’t be read, 10 configuration',
  );
  static override examples = [
    '<%= config.bin %> schedule list --all',
    '<%= config.bin %> schedule list --client client1 --json',
  ];
  static override flags = selectionFlags;

  async run(): Promise<object> {
    const { flags } = await this.parse(ScheduleList);
    const context = this.contextFor(flags);
    const selection = selectionOf(flags, this.defaultClient);
    const isWide = selection.profiles.length === 0;
    const document = await listSchedules(context, { ...selection, allProfiles: isWide });
    this.say(scheduleTable(document.schedules));
    return this.reporter().finish(document);
  }
}
