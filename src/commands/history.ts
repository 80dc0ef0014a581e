import * as Flags from '@oclif/core/flags';
import { profileLayout } from '../clients/layout.ts';
import { parseClientId, parseProfileName } from '../clients/names.ts';
import { readHistory } from '../operations/history/history.ts';
import { CryptosyncCommand } from '../terminal/base-command.ts';
import { clientFlag, profileFlag } from '../terminal/flags.ts';
import { describeCommand } from '../terminal/help.ts';
import { historyLines } from '../terminal/showing/report/history-table.ts';
import { columnsOf } from '../terminal/showing/style.ts';

export default class History extends CryptosyncCommand {
  static override summary = 'List what was done with a profile, and how long syncs took over time';
  static override description = describeCommand(
    `Every command that changes something leaves two lines in the profile's ledger, when it begins and when it ends. One
without an end was killed, or is at work. On a terminal the trend of the last syncs stands below.`,
    '0 listed, 2 usage, 10 configuration, or it is not there',
  );
  static override examples = [
    '<%= config.bin %> history --client client1',
    '<%= config.bin %> history --client client1 --limit 100 --json',
  ];
  static override flags = {
    client: clientFlag,
    profile: profileFlag,
    limit: Flags.integer({ description: 'so many runs at the most', helpValue: 'N', min: 1, default: 30 }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(History);
    const context = this.contextFor(flags);
    const client = parseClientId(flags.client ?? this.defaultClient);
    const layout = profileLayout(context.root, client, parseProfileName(flags.profile ?? 'default'));
    const history = readHistory({ layout, limit: flags.limit });
    const columns = columnsOf(process.stdout) ?? Number.POSITIVE_INFINITY;
    for (const line of historyLines(history, { columns, now: context.clock.now() })) this.say(line);
    return { ...history };
  }
}
