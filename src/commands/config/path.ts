import { ConfigCommand, configFlags } from '../../terminal/config-command.ts';
import { describeCommand } from '../../terminal/help.ts';

export default class ConfigPath extends ConfigCommand {
  static override summary = 'Print where a profile lies';
  static override description = describeCommand('', '0 done, 2 usage');
  static override examples = ['<%= config.bin %> config path --client client1'];
  static override flags = configFlags;

  async run(): Promise<object> {
    const { flags } = await this.parse(ConfigPath);
    const { file } = this.storeFor(flags);
    this.print(file);
    return { path: file };
  }
}
