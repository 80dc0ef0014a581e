import { listTenants } from '../../operations/server/sessions.ts';
import { describeCommand } from '../../terminal/help.ts';
import { serverFlags } from '../../terminal/server-flags.ts';
import { SessionCommand } from '../../terminal/session-command.ts';
import { sessionTable } from '../../terminal/showing/sessions/report.ts';

export default class SessionList extends SessionCommand {
  static override summary = 'List the sessions of a server';
  static override description = describeCommand(
    'Tenants that are claimed, and those whose server ended without a release.',
    '0 shown, 2 usage, 75 no server',
  );
  static override examples = ['<%= config.bin %> session list', '<%= config.bin %> session list --json'];
  static override flags = { ...serverFlags };

  async run(): Promise<object> {
    const { flags } = await this.parse(SessionList);
    const context = this.contextFor(flags);
    const tenants = await listTenants(this.placeFor(flags, context));
    this.say(sessionTable(tenants));
    return { tenants };
  }
}
