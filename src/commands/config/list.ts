import { listKeys } from '../../operations/config/keys.ts';
import { ConfigCommand, configFlags, showValue } from '../../terminal/config-command.ts';
import { describeCommand } from '../../terminal/help.ts';

export default class ConfigList extends ConfigCommand {
  static override summary = 'Print all values of a profile that are set';
  static override description = describeCommand('', '0 done, 2 usage, 10 configuration');
  static override examples = [
    '<%= config.bin %> config list --client client1',
    '<%= config.bin %> config list --global --json',
  ];
  static override flags = configFlags;

  async run(): Promise<object> {
    const { flags } = await this.parse(ConfigList);
    const entries = listKeys(this.storeFor(flags));
    for (const [key, value] of entries) this.print(`${key} = ${showValue(value)}`);
    return { values: Object.fromEntries(entries) };
  }
}
