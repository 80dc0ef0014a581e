import * as Flags from '@oclif/core/flags';
import { claimTenant, readTenant } from '../../operations/server/sessions.ts';
import { filenameEncryptionModes } from '../../remotes/tuning.ts';
import { withSessionKey } from '../../terminal/asking/session-key.ts';
import { keyFlags, waitFlag } from '../../terminal/flags.ts';
import { describeCommand, keyVariables } from '../../terminal/help.ts';
import { serverFlags } from '../../terminal/server-flags.ts';
import { SessionCommand, tenantFlag } from '../../terminal/session-command.ts';
import { claimLines, watchedClaim } from '../../terminal/showing/sessions/report.ts';

export default class SessionClaim extends SessionCommand {
  static override summary = 'Claim a tenant: prove its key, and bring its files here';
  static override description = describeCommand(
    `The server proves the key before it touches anything, fills the tenant's directory, and keeps the key in memory
until the release.`,
    `0 claimed, 2 usage, 10 no such workload, 12 wrong key or none, 14 sink or transfer, 15 refused for safety,
75 claimed already, in use, or no server`,
    ...keyVariables,
  );
  static override examples = [
    '<%= config.bin %> session claim --client tenant1 --workload site --encryption-key-file tenant1.key',
    '<%= config.bin %> session claim --client tenant1 --workload site --encryption-key-file -',
  ];
  static override flags = {
    client: tenantFlag,
    workload: Flags.string({ description: 'what is synced, and where to', required: true, helpValue: 'ID' }),
    ...keyFlags,
    'encryption-key-command': Flags.string({
      description: 'run this command, which prints the key',
      helpGroup: 'ENCRYPTION',
      helpValue: 'CMD',
    }),
    'filename-encryption': Flags.option({ options: filenameEncryptionModes })({
      description: 'how file names are hidden [default: standard]',
      helpGroup: 'ENCRYPTION',
    }),
    wait: waitFlag,
    ...serverFlags,
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(SessionClaim);
    const context = this.contextFor(flags);
    const manner = this.mannerFor(flags);
    const place = this.placeFor(flags, context);
    const tenant = this.tenantOf(flags);
    const wishes = {
      workloadId: flags.workload,
      filenameEncryption: flags['filename-encryption'],
      wait: flags.wait,
    };
    const document = await withSessionKey({ context, flags, manner }, tenant, async (key) => {
      const watching = {
        work: () => claimTenant(place, tenant, { ...wishes, key }),
        look: () => readTenant(place, tenant),
      };
      return await watchedClaim(tenant, manner, watching);
    });
    for (const line of claimLines(document)) this.say(line);
    return document;
  }
}
