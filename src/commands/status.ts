import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { selectForStatus } from '../operations/status/selection.ts';
import { readSessionStatus } from '../operations/status/sessions.ts';
import { readStatus } from '../operations/status/status.ts';
import { CryptosyncError } from '../system/errors.ts';
import { CryptosyncCommand, durationOf } from '../terminal/base-command.ts';
import { selectionFlags } from '../terminal/flags.ts';
import { describeCommand } from '../terminal/help.ts';
import { selectionOf } from '../terminal/selection.ts';
import { watch } from '../terminal/showing/status/watch.ts';
import { reportStatus, statusScreen } from '../terminal/showing/status-table.ts';

export default class Status extends CryptosyncCommand {
  static override summary = 'Show the state of vaults, their last sync and their health, and claimed tenants';
  static override description = describeCommand(
    `All profiles of the client are shown unless --profile names some, and all clients where none is named and there is
no client default. Health is healthy (mounted and in order),
unmounted (in order), warning, needs setup, or error. The state is read from the kernel's mount table.`,
    `0 whatever the health is, 2 usage, 3 some of what was named is not there, 10 configuration, or it is not there,
16 with --max-age: a vault is overdue`,
    'RCLONE_CONFIG_PASS',
  );
  static override examples = [
    '<%= config.bin %> status --client client1',
    '<%= config.bin %> status --all --check-remote',
    '<%= config.bin %> status --all --json',
    '<%= config.bin %> status --all --max-age 26h --quiet',
    '<%= config.bin %> status --all --quiet --prometheus /var/lib/prometheus/node-exporter/cryptosync.prom',
  ];
  static override flags = {
    ...selectionFlags,
    'check-remote': Flags.boolean({ description: 'ask the remotes whether they can be reached' }),
    'max-age': Flags.string({
      description: 'exit 16 when the last success of a vault is older, or there was none',
      helpValue: 'DURATION',
    }),
    prometheus: Flags.string({
      description: "write it for the textfile collector of Prometheus' node exporter as well",
      helpValue: 'FILE',
      exclusive: ['watch'],
    }),
    watch: Flags.boolean({
      description: 'draw it again every two seconds, on a terminal, until Ctrl-C',
      exclusive: ['prometheus', 'quiet'],
    }),
    changes: Flags.boolean({
      description: 'count what waits to be sent; reads no remote, but looks at every file',
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Status);
    const context = this.contextFor(flags);
    const isNamed = flags.client !== undefined || this.isDefaultClientNamed;
    const { changes, 'max-age': text } = flags;
    const maxAge = text === undefined ? undefined : durationOf('--max-age', text);
    const look = async () => {
      const mayTellKept = !flags['check-remote'] && !changes;
      const selected = selectionOf(flags, this.defaultClient);
      const selection = selectForStatus(context, selected, { isNamed, mayTellKept });
      const asked = { ...selection, checkRemote: flags['check-remote'], changes, maxAge };
      const { vaults } = await readStatus(context, asked);
      const sessions = readSessionStatus(selection.tenants);
      return { selection, parts: { vaults, sessions, maxAge: text, now: context.clock.now() } };
    };
    if (flags.watch) return await this.#watch(look);
    const { selection, parts } = await look();
    if (flags.prometheus !== undefined) {
      const { writeMetrics } = await import('../operations/metrics/write.ts');
      writeMetrics(resolve(flags.prometheus), parts.vaults);
    }
    return reportStatus(parts, selection, this.reporter());
  }

  async #watch(look: () => Promise<{ readonly parts: Parameters<typeof statusScreen>[0] }>): Promise<object> {
    const stream = process.stdout;
    if (!stream.isTTY || this.jsonEnabled())
      throw new CryptosyncError('USAGE', 'there is no terminal that --watch could draw on', {
        advice: { to: 'look-again-later' },
      });
    let facts: ReadonlyMap<string, string> | undefined;
    await watch({
      stream,
      signal: this.signal,
      async look() {
        const screen = statusScreen((await look()).parts, facts);
        facts = screen.facts;
        return screen.draw;
      },
    });
    return {};
  }
}
