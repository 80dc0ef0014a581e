import { settingsFile } from '../../clients/settings.ts';
import { type Draft, profileDraft, settingsDraft } from '../../operations/config/draft.ts';
import { editDraft } from '../../terminal/asking/edit-draft.ts';
import { waitOf } from '../../terminal/base-command.ts';
import { ConfigCommand, configFlags } from '../../terminal/config-command.ts';
import { describeCommand } from '../../terminal/help.ts';

export default class Config extends ConfigCommand {
  static override summary = 'Edit a profile in your editor';
  static override description = describeCommand(
    'Opens the profile as JSON in $VISUAL, $EDITOR or vi. What is saved is checked; where something is wrong, each error is shown and you can edit again or discard. Needs a terminal; scripts use config get, set, unset and list.',
    '0 saved or left as it was, 2 no terminal, 10 configuration, 75 in use',
    'VISUAL',
    'EDITOR',
  );
  static override examples = [
    '<%= config.bin %> config --client client1',
    '<%= config.bin %> config --global',
  ];
  static override flags = configFlags;

  async run(): Promise<object> {
    const { flags } = await this.parse(Config);
    const context = this.contextFor(flags);
    const makeDraft = (): Draft => {
      const wait = waitOf(flags.wait);
      if (flags.global) {
        return settingsDraft(context, settingsFile(context.environment, context.userId), wait);
      }
      const schema = `file://${this.config.root}/schema/profile.schema.json`;
      return profileDraft(context, this.layoutFor(context, flags), schema, wait);
    };
    const { mayPrompt } = this.mannerFor(flags);
    const { file, outcome } = await editDraft(makeDraft, context.environment, mayPrompt);
    const words = {
      saved: 'saved',
      unchanged: 'left as it was',
      discarded: 'left as it was; your changes are discarded',
    };
    this.say(`${file}: ${words[outcome]}`);
    return { path: file, outcome };
  }
}
