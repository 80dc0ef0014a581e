import * as Args from '@oclif/core/args';
import { getKey } from '../../operations/config/keys.ts';
import { ConfigCommand, configFlags, showValue } from '../../terminal/config-command.ts';
import { describeCommand } from '../../terminal/help.ts';

export default class ConfigSet extends ConfigCommand {
  static override summary = 'Change one value of a profile';
  static override description = describeCommand(
    'The whole profile is checked before it is written, and the old one is kept as .json.bak. A change that would part the profile from its vault is refused.',
    '0 done, 2 there is no such key, 10 not a valid value, 75 in use',
  );
  static override examples = [
    '<%= config.bin %> config set keepDeleted 90d --client client1',
    '<%= config.bin %> config set remote.path mybucket/client1 --client client1',
    '<%= config.bin %> config set root /srv/vaults --global',
  ];
  static override args = {
    key: Args.string({ ignoreStdin: true, required: true, description: 'a key, with dots: remote.path' }),
    value: Args.string({ ignoreStdin: true, required: true, description: 'the value; lists as JSON' }),
  };
  static override flags = configFlags;

  async run(): Promise<object> {
    const { args, flags } = await this.parse(ConfigSet);
    const store = this.storeFor(flags);
    await store.set(args.key, args.value);
    const value = getKey(store, args.key);
    this.print(`${args.key} = ${showValue(value)}`);
    return { key: args.key, value };
  }
}
