import * as Args from '@oclif/core/args';
import { ConfigCommand, configFlags } from '../../terminal/config-command.ts';
import { describeCommand } from '../../terminal/help.ts';

export default class ConfigUnset extends ConfigCommand {
  static override summary = 'Take one value out of a profile, so that the default holds';
  static override description = describeCommand(
    '',
    '0 done, 2 there is no such key, 10 the profile needs this value, 75 in use',
  );
  static override examples = ['<%= config.bin %> config unset idle --client client1'];
  static override args = {
    key: Args.string({ ignoreStdin: true, required: true, description: 'a key, with dots: remote.path' }),
  };
  static override flags = configFlags;

  async run(): Promise<object> {
    const { args, flags } = await this.parse(ConfigUnset);
    await this.storeFor(flags).unset(args.key);
    this.say(`${args.key} is not set any more`);
    return { key: args.key, value: null };
  }
}
