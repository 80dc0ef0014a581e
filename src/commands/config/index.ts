import { waitOf } from '../../terminal/base-command.ts';
import { ConfigCommand, configFlags } from '../../terminal/config-command.ts';
import { editProfile } from '../../terminal/edit-profile.ts';

export default class Config extends ConfigCommand {
  static override summary = 'Edit a profile in your editor';
  static override description =
    'Opens the profile as JSON in $VISUAL, $EDITOR or vi. What is saved is checked; where something is wrong, each error is shown and you can edit again or discard. Needs a terminal; scripts use config get, set, unset and list. Exit codes: 0 saved or left as it was, 2 no terminal, 10 configuration, 75 in use.';
  static override examples = ['<%= config.bin %> config --client client1'];
  static override flags = configFlags;

  async run(): Promise<object> {
    const { flags } = await this.parse(Config);
    const context = this.contextFor(flags);
    const layout = this.layoutFor(context, flags);
    const schema = `file://${this.config.root}/schema/profile.schema.json`;
    const outcome = await editProfile(context, layout, {
      schema,
      wait: waitOf(flags.wait),
      mayPrompt: this.mannerFor(flags).mayPrompt,
    });
    const words = {
      saved: 'saved',
      unchanged: 'left as it was',
      discarded: 'left as it was; your changes are discarded',
    };
    this.say(`${layout.profileFile}: ${words[outcome]}`);
    return { path: layout.profileFile, outcome };
  }
}
