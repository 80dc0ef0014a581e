import { readTenant } from '../../operations/server/sessions.ts';
import { describeCommand } from '../../terminal/help.ts';
import { serverFlags } from '../../terminal/server-flags.ts';
import { SessionCommand, tenantFlag } from '../../terminal/session-command.ts';
import { sessionLines } from '../../terminal/showing/sessions/report.ts';

export default class SessionStatus extends SessionCommand {
  static override summary = 'Show the session of a tenant';
  static override description = describeCommand(
    'State, workload, directory, and how the last sync ended. Nothing of the key is told.',
    '0 shown, 2 usage, 10 not claimed, 75 no server',
  );
  static override examples = ['<%= config.bin %> session status --client tenant1'];
  static override flags = { client: tenantFlag, ...serverFlags };

  async run(): Promise<object> {
    const { flags } = await this.parse(SessionStatus);
    const context = this.contextFor(flags);
    const tenant = this.tenantOf(flags);
    const document = await readTenant(this.placeFor(flags, context), tenant);
    if (document === undefined) {
      this.say(`${tenant}: claiming`);
      return { tenantId: tenant, state: 'claiming' };
    }
    for (const line of sessionLines(document)) this.say(line);
    return document;
  }
}
