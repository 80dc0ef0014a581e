import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { readFleet } from '../operations/history/fleet.ts';
import { writePage } from '../operations/history/page-file.ts';
import { selectForStatus } from '../operations/status/selection.ts';
import { CryptosyncCommand, durationOf } from '../terminal/base-command.ts';
import { selectionFlags } from '../terminal/flags.ts';
import { describeCommand } from '../terminal/help.ts';
import { selectionOf } from '../terminal/selection.ts';
import { documentOf } from '../terminal/showing/report/document.ts';
import { fleetLines } from '../terminal/showing/report/fleet-lines.ts';
import { reportPage } from '../terminal/showing/report/page.ts';
import { columnsOf } from '../terminal/showing/style.ts';

export default class Report extends CryptosyncCommand {
  static override summary = 'Show the fleet at a glance, also as a page: who needs you, and syncs over time';
  static override description = describeCommand(
    `All clients with all their profiles, unless some are named: those that need somebody first. The page is one file
without scripts, with nothing from elsewhere; its names and messages are those of your clients. No remote is asked.`,
    '0 whatever the state is, 2 usage, 10 configuration',
  );
  static override examples = [
    '<%= config.bin %> report',
    '<%= config.bin %> report --html /var/www/fleet.html',
  ];
  static override flags = {
    ...selectionFlags,
    html: Flags.string({
      description:
        'write a page to this file; its mode is 0600; a file that is there keeps its mode and owner',
      helpValue: 'FILE',
    }),
    'max-age': Flags.string({
      description: 'how old a last success may be',
      helpValue: 'DURATION',
      default: '26h',
    }),
    days: Flags.integer({ description: 'look back so far', helpValue: 'N', min: 1, max: 1000, default: 365 }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Report);
    const context = this.contextFor(flags);
    const isNamed = flags.client !== undefined;
    const selection = selectForStatus(
      context,
      { ...selectionOf(flags, this.defaultClient), all: flags.all || !isNamed },
      { isNamed },
    );
    const text = flags['max-age'];
    const limit = { text, milliseconds: durationOf('--max-age', text) };
    const fleet = await readFleet(context, { selection, limit, days: flags.days });
    if (flags.html === undefined) {
      const columns = columnsOf(process.stdout) ?? Number.POSITIVE_INFINITY;
      if (!this.jsonEnabled()) for (const line of fleetLines(fleet, columns)) this.say(line);
      return documentOf(fleet);
    }
    const file = resolve(flags.html);
    writePage(context.root, file, reportPage(fleet));
    this.say(`The report is in ${file}.`);
    const { vaults: _, ...rest } = fleet;
    return { ...rest, file };
  }
}
