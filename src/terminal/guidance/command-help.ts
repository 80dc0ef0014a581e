/**
 * The help of the commands: at most a screen or two of what is needed, and all of it by `--help-all`. Flags that are rarely
 * needed are only named by `--help`; a command says which they are (`rareFlags`).
 */
import type { Command } from '@oclif/core/command';
import { CommandHelp, Help } from '@oclif/core/help';
import { wholeCommand } from './whole-command.ts';

/**
 * Those of several commands that only `--help-all` explains; a command names its own. They stand here because help does
 * without all that the modules of flags bring along.
 */
const rareFlags: readonly string[] = [
  'log',
  'log-file',
  'no-input',
  'progress',
  'vault-password',
  'password-command',
  'passphrase-command',
  'encryption-salt-file',
  'new-encryption-salt-file',
  'filename-encryption',
  'directory-name-encryption',
];

/** All of what a command can. */
class WholeCommandHelp extends CommandHelp {
  protected override defaultUsage(): string {
    const { args, flags, strict } = this.command;
    const words = Object.values(args).map(({ name, required }) => {
      const word = `${name.toUpperCase()}${strict === false ? '...' : ''}`;
      return required ? word : `[${word}]`;
    });
    const needed = Object.values(flags).filter(({ required }) => required);
    const given = needed.map((flag) =>
      this.flagHelpLabel(flag)
        .trim()
        .replace(/^-\w, /, ''),
    );
    return ['<%= command.id %>', ...words, ...given, '[FLAGS]'].join(' ');
  }

  /** Without the summary, which stands above all. */
  protected override description(): string | undefined {
    return this.command.description === undefined ? undefined : this.wrap(this.command.description);
  }

  /** One below the other; a long one goes on behind a backslash, so that it can be copied. */
  protected override examples(examples: Command.Example[] | string | undefined): string | undefined {
    const lines = [examples ?? []].flat().map((example) => {
      const text = this.render(typeof example === 'string' ? example : example.command);
      return broken(`$ ${text}`, this.opts.maxWidth - 2 * this.indentSpacing);
    });
    return lines.length === 0 ? undefined : lines.join('\n');
  }
}

type Section = ReturnType<CommandHelp['sections']>[number];

/** What is mostly needed of it. */
class BriefCommandHelp extends WholeCommandHelp {
  protected override sections(): Section[] {
    const rare = rareOf(this.command);
    const sections = super.sections().map(
      ({ header, generate }): Section => ({
        header,
        generate: (given, title) =>
          generate({ ...given, flags: given.flags.filter(({ name }) => !rare.has(name)) }, title),
      }),
    );
    const names = Object.keys(this.command.flags).filter((name) => rare.has(name));
    if (names.length === 0) return sections;
    const body = `${names.map((name) => `--${name}`).join(', ')}: see --help-all`;
    const at = sections.findIndex(({ header }) => header === 'DESCRIPTION');
    sections.splice(at, 0, { header: 'RARELY NEEDED', generate: () => this.wrap(body) });
    return sections;
  }
}

export default class CryptosyncHelp extends Help {
  protected override CommandHelpClass: typeof CommandHelp = BriefCommandHelp;

  override async showHelp(argv: string[]): Promise<void> {
    const isWhole = argv.includes('--help-all');
    // oclif passes over the word `help`, whose own help this is
    const words = argv.filter((word) => !word.startsWith('-'));
    const itself = words.join(' ') === 'help' ? this.config.findCommand('help') : undefined;
    this.CommandHelpClass = isWhole ? WholeCommandHelp : BriefCommandHelp;
    if (itself === undefined) await super.showHelp(argv);
    else await this.showCommandHelp(itself);
  }

  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    await super.showCommandHelp(wholeCommand(command, this.config.root));
  }

  override formatRoot(): string {
    return `${super.formatRoot()}\n\n${this.section('MORE', this.wrap(moreOfAll))}`;
  }
}

const moreOfAll =
  `cryptosync COMMAND --help says what a command does, --help-all with the flags that are rarely needed.
cryptosync help TOPIC shows a page of the documentation, cryptosync help topics which there are.`.replaceAll(
    '\n',
    ' ',
  );

/** The names of the flags that only `--help-all` explains. */
function rareOf(command: object): ReadonlySet<string> {
  const own = (command as { readonly rareFlags?: readonly string[] }).rareFlags ?? [];
  return new Set([...rareFlags, ...own]);
}

/** Breaks a line of a shell between words. */
function broken(line: string, width: number): string {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`;
    // room for the backslash
    if (current === '' || longer.length <= width - 2) current = longer;
    else {
      lines.push(`${current} \\`);
      current = `    ${word}`;
    }
  }
  return [...lines, current].join('\n');
}
