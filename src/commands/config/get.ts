import * as Args from '@oclif/core/args';
import { getKey } from '../../operations/config/keys.ts';
import { ConfigCommand, configFlags, showValue } from '../../terminal/config-command.ts';
import { describeCommand } from '../../terminal/help.ts';

export default class ConfigGet extends ConfigCommand {
  static override summary = 'Print one value of a profile';
  static override description = describeCommand(
    'Prints nothing for a key that is not set.',
    '0 done, 2 there is no such key, 10 configuration',
  );
  static override examples = [
    '<%= config.bin %> config get remote.path --client client1',
    '<%= config.bin %> config get root --global',
  ];
  static override args = {
    key: Args.string({ ignoreStdin: true, required: true, description: 'a key, with dots: remote.path' }),
  };
  static override flags = configFlags;

  async run(): Promise<object> {
    const { args, flags } = await this.parse(ConfigGet);
    const value = getKey(this.storeFor(flags), args.key);
    if (value !== undefined) this.print(showValue(value));
    return { key: args.key, value: value ?? null };
  }
}
