import { profileLayout } from '../clients/layout.ts';
import { parseClientId, parseProfileName } from '../clients/names.ts';
import { listGenerations } from '../operations/generations/list.ts';
import { keyProvider } from '../terminal/asking/encryption-keys.ts';
import { CryptosyncCommand } from '../terminal/base-command.ts';
import { clientFlag, keyFlags, profileFlag } from '../terminal/flags.ts';
import { describeCommand, keyVariables } from '../terminal/help.ts';
import { generationLines } from '../terminal/showing/generations-table.ts';

export default class Generations extends CryptosyncCommand {
  static override summary = 'List the states of a vault that its remote can give back';
  static override description = describeCommand(
    `Every sync that changes something makes a generation. It can be restored as long as the trash keeps what later ones
replaced: for keepDeleted, or while it is one of the newest keepGenerations; the longer of both counts.`,
    '0 listed, 2 usage, 10 configuration, 12 key, 14 remote, 15 nothing of ours there, 16 a manifest is damaged',
    ...keyVariables,
    'RCLONE_CONFIG_PASS',
  );
  static override examples = [
    '<%= config.bin %> generations --client client1',
    '<%= config.bin %> generations --client client1 --json',
  ];
  static override flags = { client: clientFlag, profile: profileFlag, ...keyFlags };

  async run(): Promise<object> {
    const { flags } = await this.parse(Generations);
    const context = this.contextFor(flags);
    const client = parseClientId(flags.client ?? this.defaultClient);
    const layout = profileLayout(context.root, client, parseProfileName(flags.profile ?? 'default'));
    const encryptionKey = keyProvider(context, flags, this.mannerFor(flags));
    const places = await listGenerations(context, { layout, encryptionKey });
    for (const line of generationLines(places)) this.say(line);
    return { client: layout.client, profile: layout.profile, places };
  }
}
