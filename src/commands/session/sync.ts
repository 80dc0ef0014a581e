import { readTenant, syncTenant } from '../../operations/server/sessions.ts';
import { describeCommand } from '../../terminal/help.ts';
import { serverFlags } from '../../terminal/server-flags.ts';
import { SessionCommand, tenantFlag } from '../../terminal/session-command.ts';
import { syncLines, watched } from '../../terminal/showing/sessions/report.ts';

export default class SessionSync extends SessionCommand {
  static override summary = 'Send what a claimed tenant has changed';
  static override description = describeCommand(
    'Syncs of one tenant that overlap are one.',
    '0 sent or nothing to do, 2 usage, 10 not claimed, 14 sink or transfer, 15 refused for safety, 75 no server',
  );
  static override examples = ['<%= config.bin %> session sync --client tenant1'];
  static override flags = { client: tenantFlag, ...serverFlags };

  async run(): Promise<object> {
    const { flags } = await this.parse(SessionSync);
    const context = this.contextFor(flags);
    const place = this.placeFor(flags, context);
    const tenant = this.tenantOf(flags);
    const document = await watched(`Syncing ${tenant}`, this.mannerFor(flags), {
      work: () => syncTenant(place, tenant),
      look: () => readTenant(place, tenant),
    });
    for (const line of syncLines(document)) this.say(line);
    return document;
  }
}
