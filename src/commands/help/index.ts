import { readFileSync } from 'node:fs';
import * as Args from '@oclif/core/args';
import { CryptosyncError } from '../../system/errors.ts';
import { CryptosyncCommand } from '../../terminal/base-command.ts';
import { nearestTo } from '../../terminal/guidance/did-you-mean.ts';
import { type Topic, topicsIn } from '../../terminal/guidance/topics.ts';
import { wholeCommand } from '../../terminal/guidance/whole-command.ts';
import { describeCommand } from '../../terminal/help.ts';
import { columnsOf, paint } from '../../terminal/showing/style.ts';

/** Wider lines are hard to read. */
const widest = 100;
const columnsWithoutTerminal = 80;

export default class Help extends CryptosyncCommand {
  static override summary = 'Show the help of a command, or a page of the documentation';
  static override description = describeCommand(
    `The documentation comes with the program: help topics lists its pages. A name that is a command's as well is the
command's; its page is then what docs says before it, as in help docs sync.`,
    '0 shown, 2 there is no such command or page',
    'PAGER',
  );
  static override examples = [
    '<%= config.bin %> help sync',
    '<%= config.bin %> help topics',
    '<%= config.bin %> help operating',
  ];
  static override strict = false;
  static override args = {
    topic: Args.string({
      ignoreStdin: true,
      description: "a command, a page's name, or topics for all of them",
    }),
  };

  async run(): Promise<object> {
    const { argv, flags } = await this.parse(Help);
    const context = this.contextFor(flags);
    const words = argv.map(String);
    const command = words.join(':');
    if (words.length === 0 || this.config.findCommand(command) || this.config.findTopic(command)) {
      return await this.#showCommand(words);
    }
    const topics = topicsIn(this.config.root);
    if (command === 'topics') return this.#listTopics(topics);
    const name = (words[0] === 'docs' ? words.slice(1) : words).join('-').replace(/\.md$/, '');
    const topic = topics.find((one) => one.name === name);
    if (topic === undefined) throw this.#unknown(words.join(' '), topics);
    const markdown = readFileSync(topic.file, 'utf8');
    if (this.jsonEnabled()) return { topic: topic.name, title: topic.title, markdown };
    const { pageText } = await import('../../terminal/guidance/page-text.ts');
    const text = pageText(markdown, {
      columns: Math.min(columnsOf(process.stdout) ?? columnsWithoutTerminal, widest),
      heading: (title) => paint('bold', title, process.stdout),
    });
    const { showByPager } = await import('../../terminal/guidance/show-page.ts');
    if (!(await showByPager(text, context.environment))) this.log(text.trimEnd());
    return {};
  }

  async #showCommand(words: readonly string[]): Promise<object> {
    if (this.jsonEnabled()) return this.#commandDocument(words);
    const { default: CommandHelp } = await import('../../terminal/guidance/command-help.ts');
    await new CommandHelp(this.config, this.config.pjson.oclif.helpOptions).showHelp([...words]);
    return {};
  }

  /** What a program wants to know of a command, or of all of them. */
  #commandDocument(words: readonly string[]): object {
    const command = this.config.findCommand(words.join(':'));
    const begin = words.length === 0 ? '' : `${words.join(' ')} `;
    const names = this.config.commandIDs.map((id) => id.replaceAll(':', ' '));
    const commands = names.filter((name) => name.startsWith(begin)).sort();
    if (command === undefined) return { commands };
    const { summary, description, flags } = wholeCommand(command, this.config.root);
    return { command: words.join(' '), summary, description, flags: Object.keys(flags).sort(), commands };
  }

  #listTopics(topics: readonly Topic[]): object {
    const width = Math.max(...topics.map(({ name }) => name.length));
    for (const { name, title } of topics) this.say(`${name.padEnd(width)}  ${title}`);
    return { topics: topics.map(({ name, title }) => ({ name, title })) };
  }

  #unknown(typed: string, topics: readonly Topic[]): CryptosyncError {
    const commands = this.config.commandIDs.map((id) => id.replaceAll(':', ' '));
    const nearest = nearestTo(typed, [...new Set([...commands, ...topics.map(({ name }) => name)])]);
    return new CryptosyncError('USAGE', `there is no command and no page ${JSON.stringify(typed)}`, {
      advice: nearest.length > 0 ? { to: 'did-you-mean-topic', nearest } : { to: 'list-topics' },
    });
  }
}
