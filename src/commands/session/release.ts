import * as Flags from '@oclif/core/flags';
import { readTenant, releaseTenant } from '../../operations/server/sessions.ts';
import { describeCommand } from '../../terminal/help.ts';
import { serverFlags } from '../../terminal/server-flags.ts';
import { SessionCommand, tenantFlag } from '../../terminal/session-command.ts';
import { releaseLines, watched } from '../../terminal/showing/sessions/report.ts';

export default class SessionRelease extends SessionCommand {
  static override summary = 'Release a tenant: send the last of it, and forget its key';
  static override description = describeCommand(
    `When the last sync fails the session stays, with its key and its files, to be released again. With --force the key
is forgotten all the same, and the files stay where they are.`,
    `0 released, 2 usage, 10 not claimed, 14 sink or transfer and still claimed, 15 refused for safety and still claimed,
75 being released already, or no server`,
  );
  static override examples = [
    '<%= config.bin %> session release --client tenant1',
    '<%= config.bin %> session release --client tenant1 --force',
  ];
  static override flags = {
    client: tenantFlag,
    force: Flags.boolean({
      description: 'forget the key although not everything could be sent; the files stay',
    }),
    ...serverFlags,
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(SessionRelease);
    const context = this.contextFor(flags);
    const place = this.placeFor(flags, context);
    const tenant = this.tenantOf(flags);
    const document = await watched(`Releasing ${tenant}`, this.mannerFor(flags), {
      work: () => releaseTenant(place, tenant, flags.force),
      look: () => readTenant(place, tenant),
    });
    for (const line of releaseLines(document)) this.say(line);
    return document;
  }
}
